{{- define "hubbub.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Whether several servers share a database. */}}
{{- define "hubbub.shared" -}}
{{- if or .Values.database .Values.existingSecret }}yes{{ end }}
{{- end }}

{{- define "hubbub.secret" -}}
{{- default (include "hubbub.name" .) .Values.existingSecret }}
{{- end }}

{{- define "hubbub.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hubbub.labels" -}}
{{ include "hubbub.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* The pod: the same on SQLite and on PostgreSQL but for where the data is. */}}
{{- define "hubbub.pod" -}}
metadata:
  labels:
    {{- include "hubbub.selector" . | nindent 4 }}
    {{- with .Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    # A changed secret is a changed pod: it is rolled out.
    hubbub/secret: {{ list .Values.database .Values.bus .Values.secretKey | toJson | sha256sum }}
    {{- with .Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  serviceAccountName: {{ include "hubbub.name" . }}
  automountServiceAccountToken: false
  # Kubernetes would set HUBBUB_PORT to an address of the service, which is a setting of ours.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.drain.graceSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: hubbub
      image: {{ printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      env:
        {{- if include "hubbub.shared" . }}
        - name: HUBBUB_DATABASE
          valueFrom:
            secretKeyRef: {name: {{ include "hubbub.secret" . }}, key: database}
        - name: HUBBUB_BUS
          valueFrom:
            secretKeyRef: {name: {{ include "hubbub.secret" . }}, key: bus}
        {{- end }}
        {{- if or (include "hubbub.shared" .) .Values.secretKey }}
        - name: HUBBUB_SECRET_KEY
          valueFrom:
            secretKeyRef: {name: {{ include "hubbub.secret" . }}, key: secret-key}
        {{- end }}
        {{- if and .Values.ingress.enabled (not (hasKey .Values.settings "public_url")) }}
        - name: HUBBUB_PUBLIC_URL
          value: {{ printf "%s://%s" (ternary "https" "http" (ne .Values.ingress.tlsSecret "")) .Values.ingress.host | quote }}
        {{- end }}
        {{- with .Values.trustedProxies }}
        - name: HUBBUB_TRUSTED_PROXY
          value: {{ join "," . | quote }}
        {{- end }}
        {{- range $name, $value := .Values.settings }}
        - name: HUBBUB_{{ upper $name }}
          {{- /* Numbers come as floats: 4000 must not become 4e+03. */}}
          value: {{ if kindIs "float64" $value }}{{ if eq (floor $value) $value }}{{ printf "%.0f" $value | quote }}{{ else }}{{ $value | toString | quote }}{{ end }}{{ else }}{{ $value | toString | quote }}{{ end }}
        {{- end }}
      ports:
        - {name: http, containerPort: 8080}
      startupProbe:
        # The first server of a new version migrates the database before it listens.
        httpGet: {path: /healthz, port: http}
        periodSeconds: 2
        failureThreshold: 150
      readinessProbe:
        # A server that has lost its database is passed over. Not /readyz: with a full disk no server is ready, and
        # people can read all the same.
        httpGet: {path: /readyz/reading, port: http}
        periodSeconds: 5
        timeoutSeconds: 4
        failureThreshold: 2
      livenessProbe:
        # That the process lives, not that the database does: restarting would only drop everybody's line.
        httpGet: {path: /healthz, port: http}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      lifecycle:
        preStop:
          exec:
            command: ["sleep", {{ .Values.drain.serviceSeconds | quote }}]
      resources: {{ toYaml .Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        - {name: data, mountPath: /data}
        - {name: tmp, mountPath: /tmp}
  volumes:
    - name: tmp
      emptyDir: {sizeLimit: 64Mi}
    {{- if include "hubbub.shared" . }}
    - name: data
      emptyDir: {sizeLimit: 64Mi}
    {{- end }}
  {{- if include "hubbub.shared" . }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{ include "hubbub.selector" . | nindent 10 }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{ toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
