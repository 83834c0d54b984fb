"""Query parameters that narrow lists; their bounds hold for null-able ones too."""

from typing import Annotated, TypeAlias

from litestar.params import QueryParameter

from billing_kernel.http.shapes.base import ID_MAX, ONE_LINE

TextFilter: TypeAlias = Annotated[str | None, QueryParameter(max_length=255, pattern=ONE_LINE)]
IdFilter: TypeAlias = Annotated[int | None, QueryParameter(ge=1, le=ID_MAX)]
MonthsFilter: TypeAlias = Annotated[int | None, QueryParameter(ge=0, le=120)]
