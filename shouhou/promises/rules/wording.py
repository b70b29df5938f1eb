"""The reasons of an explanation in words, for people who never saw the program."""

from typing import Protocol

WORDS = {
    "zh-hans": {
        "elapsed": "计时（昼夜连续）",
        "open": "计时（服务时间内）",
        "open_makeup": "计时（服务时间内，调休上班日）",
        "closed": "不计（服务时间外）",
        "start_day": "不计（开始当日不计算在内）",
        "day": "计入（日历日）",
        "work_day": "计入（工作日）",
        "makeup_day": "计入（调休上班日）",
        "months": "计入（至最后一月的对应日）",
        "month_end": "计入（最后一月没有对应日，至该月末日）",
        "weekend": "不计（周末休息）",
        "holiday": "不计（法定休假日）",
        "paused": "不计（暂停计时）",
        "before_pause": "不计（当日结束时处于暂停）",
        "open_pause": "不计（仍在暂停，到期时间未定）",
        "rolled": "顺延（期限末日为法定休假日）",
        "rolled_to": "顺延后的末日（其后第一个非休假日）",
        "same_day": "当日内",
        "next_opening": "不计（至下一服务日开始）",
        "ringing": "振铃",
        "unpublished": "暂定（该年放假安排尚未公布）",
    },
    "en": {
        "elapsed": "counted (day and night)",
        "open": "counted (within service hours)",
        "open_makeup": "counted (within service hours of a make-up working day)",
        "closed": "not counted (outside service hours)",
        "start_day": "not counted (the starting day)",
        "day": "counted (calendar day)",
        "work_day": "counted (working day)",
        "makeup_day": "counted (make-up working day)",
        "months": "counted (to the corresponding day of the last month)",
        "month_end": "counted (the last month has no corresponding day: to its last day)",
        "weekend": "not counted (weekend)",
        "holiday": "not counted (public holiday)",
        "paused": "not counted (paused)",
        "before_pause": "not counted (paused when the day ends)",
        "open_pause": "not counted (still paused: the due time is not known)",
        "rolled": "moved on (the last day is a day of rest)",
        "rolled_to": "the last day after moving on (first day that is no day of rest)",
        "same_day": "within the day",
        "next_opening": "not counted (until the next opening)",
        "ringing": "ringing",
        "unpublished": "provisional (the holidays of this year are not published yet)",
    },
}
REASONS = {
    "customer": ("等待客户", "waiting for the customer"),
    "force_majeure": ("不可抗力", "force majeure"),
    "postponed": ("约定延期", "agreed postponement"),
}
HOLIDAYS = {
    "元旦": "New Year's Day",
    "春节": "Spring Festival",
    "清明节": "Qingming Festival",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-Autumn Festival",
    "国庆节": "National Day",
}


class Named(Protocol):
    """What has a reason and perhaps a name: a segment of an explanation."""

    @property
    def why(self) -> str: ...

    @property
    def name(self) -> str: ...


def words(segment: Named, lang: str = "zh-hans") -> str:
    """The reason in Chinese (any `lang` that begins with zh) or English; holidays by name, pauses by reason."""
    chinese = lang.lower().startswith("zh")
    text, name = WORDS["zh-hans" if chinese else "en"][segment.why], segment.name
    if name in REASONS:
        name = REASONS[name][0 if chinese else 1]
    elif not chinese:
        name = HOLIDAYS.get(name, name)
    if not name:
        return text
    return f"{text}：{name}" if chinese else f"{text}: {name}"
