"""Telephone numbers as people write them, made comparable."""

import re
from dataclasses import dataclass

import phonenumbers

EXTENSION = re.compile(r"(?:转|轉|分机|ext\.?|x|,|#|-(?=\d{1,5}$)(?<=\d{7}-))\s*(\d{1,6})\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number: E.164 where it could be read (else ""), the extension, and what was written."""

    e164: str
    extension: str
    written: str


def read_number(written: str, region: str = "CN") -> Number:
    """Read a number with blanks, dashes, brackets, full-width digits and an extension (转 808, ext 808)."""
    text = written.translate(str.maketrans("０１２３４５６７８９（）－＋　", "0123456789()-+ ")).strip()
    extension = ""
    found = EXTENSION.search(text)
    if found and found.start() > 4:
        extension, text = found.group(1), text[: found.start()].rstrip(" -,")
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return Number("", extension, written.strip())
    if not phonenumbers.is_possible_number(number):
        return Number("", extension, written.strip())
    extension = extension or number.extension or ""
    return Number(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), extension, written.strip())
