"""One page of a list, newest first unless the request says otherwise."""

from __future__ import annotations

from typing import Any

from moto.sagemaker.exceptions import AWSValidationException

MOST = 100


def page(response: Any, member: str, oldest_first: list[Any], *, ordered: bool = True) -> dict[str, Any]:
    """What a List operation answers: MaxResults of the items from NextToken on. Raises AWSValidationException."""
    order = response._get_param("SortOrder") or "Descending"
    items = oldest_first[::-1] if ordered and order == "Descending" else list(oldest_first)
    token = response._get_param("NextToken") or "0"
    if not token.isdecimal() or int(token) > len(items):
        raise AWSValidationException("Invalid pagination token.")
    begin, size = int(token), min(int(response._get_param("MaxResults") or MOST), MOST)
    more = {"NextToken": str(begin + size)} if begin + size < len(items) else {}
    return {member: items[begin : begin + size], **more}
