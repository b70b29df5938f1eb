"""The page that counts a period, in words of the reader."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("within", ["2个工作日", "两个工作日", "2 working days", "2 wd"])
def test_the_same_period_in_any_words_is_due_at_the_same_time(client, agent, within):
    client.force_login(agent)
    answer = client.get("/promises/count/", {"start": "2026-10-08T10:00", "within": within})
    assert answer.status_code == 200
    assert "2026-10-10 24:00" in answer.content.decode()  # Saturday 10-10 is a make-up working day


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "2 个工作日"), ("en", "2 working days")])
def test_the_form_speaks_the_reader_s_language(client, person, language, words):
    client.force_login(person("li", "agent", language=language))
    assert f'value="{words}"' in client.get("/promises/count/").content.decode()


@pytest.mark.parametrize("within", ["", "尽快", "external", "9999999天", "x" * 200])
def test_what_is_no_period_is_shown_at_its_field(client, agent, within):
    client.force_login(agent)
    answer = client.get("/promises/count/", {"start": "2026-10-08T10:00", "within": within})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["within"])
