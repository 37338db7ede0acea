"""Sets of characters that `unicodedata` has no property for."""

import re

_IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Letters and marks without a visible glyph.
_BLANK = "\u2800\U00013441\U00013442\U00016fe4"
INVISIBLE = re.compile(f"[{_IGNORABLE}{_BLANK}]")
"""Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties), and blank characters that are not spaces."""

WITHOUT_BLANKS = re.compile(
    "[\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u19e0-\u19ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u303c"
    "\u3041-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff"
    "\uff66-\uffdc\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
"""Scripts without spaces between words, or with particles attached to a name: Thai, Lao, Tibetan, Myanmar, Khmer,
Hangul, kana, bopomofo, Han."""

# Marks of Latin, Greek and Cyrillic orthographies for which Unicode has no composed letter, as in Yoruba and
# Lithuanian: grave, acute, circumflex, tilde, macron, breve, dots, ring, caron, horn, below dot, line, tail.
ACCENT = re.compile("[\u0300-\u0304\u0306-\u030c\u031b\u0323-\u0328\u032d\u032e\u0331\u0342\u0345]")
# Marks of no particular script (Script=Inherited and Common), which user names do not need.
STRAY = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1cd0-\u1cff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\u3099\u309a\ufe20-\ufe2f"
    "\U000101fd\U0001cf00-\U0001cfff\U0001d165-\U0001d1ad]"
)
EUROPEAN = re.compile(
    "[A-Za-z\u00aa-\u02af\u0370-\u052f\u1c80-\u1c8f\u1d00-\u1dbf\u1e00-\u1fff\u2c60-\u2c7f\ua720-\ua7ff]"
)

SIGN = re.compile("[\u02b0-\u02ff\u0374\u037a\u0559\u0640\u07fa\ua700-\ua71f\ua788-\ua78c]")
"""Letters by category that look like accents or quotes: spacing modifiers, tone letters, the Arabic tatweel."""
