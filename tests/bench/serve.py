"""The WSGI app over the benchmark's database."""

from instance import configure

configure()

from zhanggui.app import create_wsgi  # noqa: E402 - the environment must be there first

app = create_wsgi()
