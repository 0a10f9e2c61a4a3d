"""Reads a page of the console as somebody who signs in; also a program, for machines of a test:

    console.py http://ADDRESS LOGIN PASSWORD PATH
"""

import http.cookiejar
import re
import sys
import urllib.parse
import urllib.request


def read(base, login, password, path):
    """The body of a page."""
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    form = browser.open(f"{base}/sign-in", timeout=20).read().decode()
    token = re.search(r'name="csrf" value="([^"]+)"', form).group(1)
    fields = {"csrf": token, "next": "/", "login": login, "password": password}
    sent = urllib.request.Request(
        f"{base}/sign-in", urllib.parse.urlencode(fields).encode(), {"Origin": base}
    )
    browser.open(sent, timeout=20).read()
    return browser.open(f"{base}{path}", timeout=20).read().decode()


if __name__ == "__main__":
    print(read(*sys.argv[1:]))
