"""Telephone numbers as people write them, made comparable."""

import re
from dataclasses import dataclass

import phonenumbers

EXTENSION = re.compile(r"(?:转|轉|分机|ext\.?|x|,|#)[\s:]*(\d{1,6})\s*$", re.IGNORECASE)
DASHED = re.compile(r"-\s*(\d{1,5})\s*$")  # 028-8533 1234-808
PLAIN = str.maketrans("０１２３４５６７８９（）－＋　，：＃", "0123456789()-+ ,:#")


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number: E.164 where it could be read (else ""), the extension, and what was written."""

    e164: str
    extension: str
    written: str


def read_number(written: str, region: str = "CN") -> Number:
    """Read a number with blanks, dashes, brackets, full-width digits and an extension (转 808, ext 808)."""
    text = written.translate(PLAIN).strip()
    extension = ""
    found = EXTENSION.search(text)
    if not found and not _is_whole(text, region):
        found = DASHED.search(text)
        if found and sum(c.isdigit() for c in text[: found.start()]) < 7:
            found = None
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


def _is_whole(text: str, region: str) -> bool:
    """Whether all its digits are one number: then what follows the last dash is no extension (1380013-8000)."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False
