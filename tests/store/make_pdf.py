"""Small PDFs, written by hand: letters at places, in one size each."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping

Letters = tuple[float, float, float, str]  # x, y, size, text

LEFT, RIGHT, TOP = 72.0, 320.0, 740.0


def pdf(
    *pages: Iterable[Letters],
    info: Mapping[str, str] | None = None,
    encrypted: bool = False,
    contents: bytes | None = None,
) -> bytes:
    """A PDF with these pages; `contents` takes the place of every page's instructions."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    objects.append(font)
    kids = []
    for page in pages:
        drawn = b"\n".join(_drawn(*letters) for letters in page)
        packed = contents or zlib.compress(drawn)
        objects.append(
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed)
        )
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), listed)
    trailer = b"/Root 1 0 R"
    if info:
        told = b" ".join(b"/%s (%s)" % (k.encode(), _plain(v)) for k, v in info.items())
        objects.append(b"<< %s >>" % told)
        trailer += b" /Info %d 0 R" % len(objects)
    if encrypted:
        objects.append(
            b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>" % (b"ab" * 32, b"cd" * 32)
        )
        trailer += b" /Encrypt %d 0 R /ID [<00> <00>]" % len(objects)
    data, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return data + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d %s >>\n" % (
        len(objects) + 1, table, len(objects) + 1, trailer,
    ) + b"startxref\n%d\n%%%%EOF\n" % len(data)  # fmt: skip


def column(x: float, y: float, size: float, *lines: str) -> list[Letters]:
    """Lines under each other, from a place down."""
    return [(x, y - 1.2 * size * n, size, line) for n, line in enumerate(lines)]


def _drawn(x: float, y: float, size: float, text: str) -> bytes:
    return b"BT /F1 %.1f Tf %.1f %.1f Td (%s) Tj ET" % (size, x, y, _plain(text))


def _plain(text: str) -> bytes:
    for special in "\\()":
        text = text.replace(special, f"\\{special}")
    return text.encode("cp1252", "replace")
