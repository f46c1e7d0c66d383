"""
What a bucket's client says of a failure, in the words of Lading.
"""

import pytest
from obstore.exceptions import GenericError

from lading.drive.store.bucket_calls import translated
from lading.model.errors import DriveError, NoSpace, Unavailable

AT = "Generic S3 error: Error performing PUT http://127.0.0.1:{port}/b/k in {took}µs - {said}"


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (AT.format(port=8333, took=12, said="Server returned non-2xx status code: 507 Insufficient Storage: "), NoSpace),
        (AT.format(port=50712, took=12, said="HTTP error: error sending request"), Unavailable),
        (AT.format(port=8333, took=507, said="HTTP error: error sending request"), Unavailable),
        (AT.format(port=8333, took=12, said="Server returned non-2xx status code: 500 Internal Server Error: "), Unavailable),
    ],
    ids=["full", "the number in a port", "the number in a time", "another failure"],
)  # fmt: skip
def test_a_full_bucket_is_told_from_one_that_is_away(problem: str, expected: type[DriveError]) -> None:
    """
    Only the status says that it is full; its digits also stand in ports and times.
    """
    with pytest.raises(expected), translated():
        raise GenericError(problem)
