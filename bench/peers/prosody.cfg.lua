-- Prosody with one place for rooms whose messages it archives. Filled in by peers.py.
pidfile = "@FOLDER@/prosody.pid"
data_path = "@FOLDER@"
interfaces = { "127.0.0.1" }
c2s_ports = { @PORT@ }
s2s_ports = { }
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
modules_enabled = { "saslauth", "presence", "message", "iq" }
modules_disabled = { "s2s", "tls" }
limits = { }
log = { error = "*console" }
run_as_root = true
VirtualHost "localhost"
  authentication = "anonymous"
Component "conference.localhost" "muc"
  modules_enabled = { "muc_mam" }
  muc_room_locking = false
  muc_log_by_default = true
