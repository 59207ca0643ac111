"""Papers through the API: listing, reading, adding as jobs, removing, exporting."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse, StreamingResponse

from store.exporting import FORMATS, export_papers
from store.filters import Filters
from store.orders import SORTS, Order
from store.readers.columns import NAMES
from ui.api import models
from ui.api.bodies import MOST_COLUMNS, read_papers
from ui.api.dates import DATE
from ui.api.jobs import Job
from ui.api.service import CalledBy, Served, problems
from ui.desk import LocalDesk
from ui.documents import paper_document
from ui.page.downloads import as_file
from ui.problems import Problem

router = APIRouter(prefix="/v1", tags=["papers"])
log = logging.getLogger("assistant.api")

PaperId = Annotated[str, Path(max_length=200, description="A paper's id.")]
_TEXT = Query("", max_length=200, description="Only papers with these words in title or abstract.")
# FastAPI writes a parameter's name into its Query, so two parameters can't share one.
_SOURCES = Query([], max_length=10, description="Parts of names; repeatable.")
_ORGANISATIONS = Query([], max_length=10, description="Parts of names; repeatable.")
_IDS = Query([], max_length=100, description="Only the papers of these ids; repeatable.")
_EXAMPLE = {
    "papers": [
        {
            "title": "Attention over long inputs",
            "abstract": "We study how attention scales. It scales with the square of the length.",
            "authors": ["A. Writer", "B. Reader"],
            "year": 2024,
        }
    ]
}
_UNDO: dict[int | str, dict[str, Any]] = {
    200: {
        "links": {
            "undo": {
                "operationId": "papers_undo",
                "requestBody": {"token": "$response.body#/undo"},
                "description": "Brings back what was removed.",
            }
        }
    }
}
_COLUMN = rf"^({'|'.join(NAMES)})=.*\S"
_ADDING = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["papers"],
                    "additionalProperties": False,
                    "properties": {
                        "papers": {
                            "type": "array",
                            "items": {},
                            "maxItems": 100_000,
                            "description": "Records with `title` and `abstract`, and any other "
                            "field of a paper. One that is not whole is counted and named in "
                            "the job's `rejects`.",
                        },
                        "source": {
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 300,
                            "description": "Where they are from, for those without `sources`.",
                        },
                    },
                    "example": _EXAMPLE,
                }
            },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "additionalProperties": False,
                    "properties": {
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                            "description": "Files of any format that `assistant add` reads.",
                        },
                        "saved": {
                            "type": "string",
                            "pattern": DATE,
                            "description": "The day the pages were saved, for dates without "
                            "a year.",
                        },
                        "columns": {
                            "type": "array",
                            "maxItems": MOST_COLUMNS,
                            "items": {"type": "string", "pattern": _COLUMN},
                            "description": "Columns or keys that hold a field, in CSV, TSV, "
                            "Parquet and JSON: `title=Titel`. The others are guessed.",
                        },
                    },
                }
            },
        },
    }
}


def _from_address(
    since: Annotated[str | None, Query(pattern=DATE)] = None,
    until: Annotated[str | None, Query(pattern=DATE)] = None,
    sources: list[models.ShortName] = _SOURCES,
    organisations: list[models.ShortName] = _ORGANISATIONS,
    ids: list[models.Id] = _IDS,
) -> Filters:
    """Filters as an address has them."""
    within = models.Within(
        since=since, until=until, sources=sources, organisations=organisations, papers=ids
    )
    return within.filters()


FromAddress = Annotated[Filters, Depends(_from_address)]


@router.get("/papers", response_model=models.Papers, responses=problems(404))
def list_papers(
    service: Served,
    within: FromAddress,
    text: str = _TEXT,
    order: Annotated[Order, Query(description="'-' goes down: the newest, the most.")] = "added",
    limit: Annotated[int, Query(ge=1, le=1000, description="Papers a page.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=200, description="The `next` of the page before.")
    ] = None,
    offset: Annotated[
        int, Query(ge=0, lt=2**53, description="How many to pass over, from the cursor on.")
    ] = 0,
) -> Response:
    """A page of papers. What is added or removed between two pages may shift the next."""
    offset = min(offset + _offset(cursor, order), 2**53 - 1)
    desk = LocalDesk(service.library)
    page = desk.list(text, within, order, offset, limit)
    reached = offset + len(page.papers)
    following = _cursor(reached, order) if page.papers and reached < page.total else None
    papers = [paper_document(paper) for paper in page.papers]
    return JSONResponse({"total": page.total, "papers": papers, "next": following})


@router.get("/sources", response_model=models.Sources, responses=problems())
def sources(service: Served) -> Response:
    """Every source and how many papers it gave."""
    return JSONResponse({"sources": service.library.catalog.sources()})


@router.get(
    "/papers/export",
    response_class=Response,
    responses={
        **problems(),
        200: {
            "description": "The papers as one file.",
            "content": {kind.media_type.partition(";")[0]: {} for kind in FORMATS.values()},
        },
    },
)
def export(
    service: Served,
    within: FromAddress,
    format: Annotated[str, Query(pattern=f"^({'|'.join(FORMATS)})$", description="Of the file.")],
    text: str = _TEXT,
) -> Response:
    """All papers that match, in a format that reference managers read."""
    kind = FORMATS[format]
    return StreamingResponse(
        export_papers(service.library.matching(text, within), format),
        media_type=kind.media_type,
        headers=as_file(f"papers{kind.suffix}"),
    )


@router.post(
    "/papers",
    status_code=202,
    response_model=models.Job,
    responses={
        **problems(400, 409, 415),
        202: {"headers": {"Location": {"schema": {"type": "string"}}}},
    },
    openapi_extra=_ADDING,
)
async def add(
    service: Served,
    caller: CalledBy,
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=200,
            description="Whatever else happens, the same key adds once.",
        ),
    ] = None,
) -> Response:
    """Takes papers as a job: see `GET /v1/jobs/{job_id}` for how far it is and what it did.

    Papers that are there already change nothing; a changed abstract takes the old one's place.
    """
    given = await read_papers(request)
    job = service.jobs.add(
        caller.owner, given.records, key=idempotency_key, fingerprint=given.fingerprint
    )
    return JSONResponse(job.document(), 202, {"Location": f"/v1/jobs/{job.id}"})


@router.get("/jobs", response_model=models.Jobs, responses=problems())
def list_jobs(
    service: Served, caller: CalledBy, limit: Annotated[int, Query(ge=1, le=1000)] = 50
) -> Response:
    """The latest of one's jobs, the newest first."""
    return JSONResponse({"jobs": [job.document() for job in service.jobs.of(caller.owner, limit)]})


@router.get("/jobs/{job_id}", response_model=models.Job, responses=problems(404))
def show_job(
    service: Served,
    job_id: Annotated[str, Path(max_length=100)],
    wait: Annotated[
        float, Query(ge=0, le=30, description="Seconds to wait for its end, at most.")
    ] = 0,
) -> Response:
    """How far a job is, and once it is done what it did."""
    job = _job(service, job_id)
    job.ended.wait(wait)
    return JSONResponse(job.document())


@router.get(
    "/jobs/{job_id}/rejects",
    response_class=FileResponse,
    responses={
        **problems(404),
        200: {
            "description": "JSON lines: each rejected record's fields, where it was and why.",
            "content": {"application/jsonl": {}},
        },
    },
)
def rejects_of(service: Served, job_id: Annotated[str, Path(max_length=100)]) -> Response:
    """The records that a job rejected, whole: mended in this file they can be added again."""
    job = _job(service, job_id)
    if job.rejects is None or not job.rejects.is_file():
        raise Problem(404, "This job has rejected no record.")
    return FileResponse(job.rejects, media_type="application/jsonl", filename=job.rejects.name)


@router.get("/papers/{paper_id}", response_model=models.Paper, responses=problems(404))
def show(service: Served, paper_id: PaperId) -> Response:
    """A paper whole."""
    return JSONResponse(paper_document(_paper(service, paper_id)))


@router.delete(
    "/papers/{paper_id}", response_model=models.Removed, responses={**problems(404), **_UNDO}
)
def delete(service: Served, paper_id: PaperId) -> Response:
    """Removes a paper everywhere; `undo` brings it back."""
    _paper(service, paper_id)
    return _removed(LocalDesk(service.library).remove([paper_id]))


@router.post("/papers/remove", response_model=models.Removed, responses={**problems(404), **_UNDO})
def remove(service: Served, what: models.RemovePapers | models.RemoveSource) -> Response:
    """Removes many papers, or all that only one source gave; unknown ids are passed over."""
    desk = LocalDesk(service.library)
    if isinstance(what, models.RemovePapers):
        return _removed(desk.remove(what.ids))
    if what.source not in desk.sources():
        raise Problem(404, "There is no such source: GET /v1/sources lists them.")
    return _removed(desk.remove_source(what.source))


@router.post("/papers/undo", response_model=models.Restored, responses=problems(404))
def undo(service: Served, what: models.Undo) -> Response:
    """Brings back what a removal took; the last ten can be undone."""
    try:
        restored = service.library.undo(what.token)
    except KeyError:
        raise Problem(
            404, "There is nothing to bring back by this token: it was used, or is too old."
        ) from None
    return JSONResponse({"restored": restored, "papers": service.library.count()})


def _job(service: Served, job_id: str) -> Job:
    job = service.jobs.get(job_id)
    if job is None:
        raise Problem(404, "There is no job of this id: jobs are forgotten when the server stops.")
    return job


def _paper(service: Served, paper_id: str) -> Any:
    found = service.library.get([paper_id])
    if paper_id not in found:
        raise Problem(404, "There is no paper of this id: GET /v1/papers lists them.")
    return found[paper_id]


def _removed(removed: Any) -> Response:
    return JSONResponse(
        {
            "removed": removed.removed,
            "kept": removed.kept,
            "papers": removed.papers,
            "undo": removed.undo,
        }
    )


def _cursor(offset: int, order: Order) -> str:
    return base64.urlsafe_b64encode(json.dumps([order, offset]).encode()).decode().rstrip("=")


def _offset(cursor: str | None, order: Order) -> int:
    """Where a page begins. Raises Problem for a cursor that none of ours, or of another order."""
    if cursor is None:
        return 0
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        made_for, offset = json.loads(base64.urlsafe_b64decode(padded))
        if made_for not in SORTS or type(offset) is not int or not 0 <= offset < 2**53:
            raise ValueError
    except (ValueError, TypeError, binascii.Error):
        raise Problem(404, "This cursor is none: take the `next` of the page before.") from None
    if made_for != order:
        raise Problem(404, f"This cursor goes on in the order '{made_for}': ask for that order.")
    return int(offset)
