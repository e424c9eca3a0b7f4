"""The example in docs/known-users.md signs what we take (V-8)."""

import re
from datetime import timedelta

from django.conf import settings

from apps.visitor import signatures
from csdesk import clock


def test_the_documented_signer_signs_what_is_taken():
    text = (settings.BASE_DIR / "docs" / "known-users.md").read_text()
    [code] = re.findall(r"```python\n(.*?)```", text, re.S)
    names: dict = {}
    exec(code, names)
    sig = names["user_sig"]("用户 1", "5b" * 32, settings.SDKAPPID)
    signed = signatures.verify(
        sig,
        "用户 1",
        secrets=["5b" * 32],
        sdkappid=settings.SDKAPPID,
        now=clock.now(),
        longest=timedelta(days=7),
    )
    assert signed.user_id == "用户 1"
