import pytest


@pytest.fixture(autouse=True)
def _no_static_scan(settings):
    """Every test client starts the middleware anew; the web server's list of static files takes it half a second."""
    settings.WHITENOISE_AUTOREFRESH = True
