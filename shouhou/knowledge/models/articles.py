"""Articles and their versions (知识条目, A5.5): nobody reads what nobody else has reviewed."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shouhou.customers.models import contact_of
from shouhou.equipment.models import Product
from shouhou.knowledge.models.compilations import Compilation
from shouhou.knowledge.models.terms import index_anew
from shouhou.people.models import Organisation, User
from shouhou.shared.facts import declare
from shouhou.shared.lifecycle import Lifecycle, Refused, UnrecordedWrite

declare(
    {
        "article.drafted": _("Article drafted"),
        "article.edited": _("Article edited"),
        "article.submitted": _("Article submitted for review"),
        "article.returned": _("Article sent back"),
        "article.published": _("Article published"),
        "article.revised": _("Article taken up again"),
        "article.retired": _("Article retired"),
        "article.rated": _("Article rated"),
        "article.used": _("Article solved a case"),
    }
)


def writer(article: Any, by: User) -> bool:
    """Who serves in the organisation of the article."""
    return by.serves_in(article.organisation.path)


def reviewer(article: Any, by: User) -> bool:
    """Who leads there and neither drafted nor edited it."""
    return by.pk not in (article.author_id, article.edited_by_id) and by.leads_in(article.organisation.path)


def retirer(article: Any, by: User) -> bool:
    return by.leads_in(article.organisation.path)


class Audience(models.TextChoices):
    STAFF = "staff", _("Colleagues")
    CUSTOMERS = "customers", _("Customers too")


class ArticleQuerySet(models.QuerySet["Article"]):
    def visible_to(self, user: User) -> Self:
        """Colleagues: all that is published, and what their branch is writing. Customers: what is published to them."""
        if not user.is_colleague:
            return self.published().filter(version__audience=Audience.CUSTOMERS) if contact_of(user) else self.none()
        if user.sees_all:
            return self.all()
        branch = Organisation.objects.visible_to(user)
        published = Q(version__isnull=False) & ~Q(status=Article.Status.RETIRED)
        return self.filter(published | Q(organisation__in=branch))

    def published(self) -> Self:
        """With a published version that stands."""
        return self.filter(version__isnull=False).exclude(status=Article.Status.RETIRED)

    def for_list(self) -> Self:
        return self.select_related("product", "organisation", "author", "version")


class Article(Lifecycle):
    """A problem, its cause and its remedy. Readers see the published version, writers what comes after it."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Under review")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    KIND: ClassVar[str] = "article"
    MOVES: ClassVar = {
        Status.DRAFT: {Status.SUBMITTED: writer, Status.RETIRED: retirer},
        Status.SUBMITTED: {Status.PUBLISHED: reviewer, Status.DRAFT: retirer},
        Status.PUBLISHED: {Status.DRAFT: writer, Status.RETIRED: retirer},
        Status.RETIRED: {},
    }
    FACTS: ClassVar = {
        Status.DRAFT: "article.revised", Status.SUBMITTED: "article.submitted", Status.PUBLISHED: "article.published",
        Status.RETIRED: "article.retired",
    }  # fmt: skip
    WORDS: ClassVar = ("title", "problem", "cause", "remedy")

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="articles")
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="articles", verbose_name=_("Product")
    )
    title = models.CharField(_("Title"), max_length=200)
    problem = models.TextField(_("Problem"))
    cause = models.TextField(_("Cause"), blank=True, default="")
    remedy = models.TextField(_("Remedy"), blank=True, default="")
    audience = models.CharField(_("Who may read it"), max_length=10, choices=Audience.choices, default=Audience.STAFF)
    status = models.CharField(_("Status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Author"))
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    returned = models.TextField(_("Why it was sent back"), blank=True, default="")
    version = models.ForeignKey("ArticleVersion", models.PROTECT, null=True, related_name="+")
    compilation = models.ForeignKey(Compilation, models.PROTECT, null=True, related_name="articles")
    from_kind = models.CharField(max_length=30, blank=True, default="")
    from_id = models.BigIntegerField(null=True)
    useful = models.PositiveIntegerField(default=0)
    useless = models.PositiveIntegerField(default=0)
    solved = models.PositiveIntegerField(default=0)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("Article")
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="article_status"),
            models.Index(fields=["from_kind", "from_id"], name="article_from"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("knowledge:article", args=[self.pk])

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the index in step with what readers may see, in the same transaction."""
        super().save(*args, **kwargs)
        index_anew(self.pk, self.read)

    @property
    def read(self) -> "Article | ArticleVersion":
        """What readers read: the published version, else the draft."""
        return self.version or self

    def edit(self, *, by: User, audience: str, product: Product | None, **words: str) -> None:
        """New words for a draft. Raises Refused once it is under review, or for somebody of another organisation."""
        if not writer(self, by):
            raise Refused(_now("Only who serves in its organisation edits an article."))
        with self.noting("article.edited", by=by):
            if self.status != self.Status.DRAFT:
                raise Refused(_now("Only a draft can be edited. Take the article up again first."))
            for name in self.WORDS:
                setattr(self, name, words.get(name, "").strip())
            self.audience, self.product, self.edited_by = audience, product, by

    def submit(self, *, by: User) -> None:
        """Ask for review. Raises Refused while problem or remedy is missing."""
        with self.moving(self.Status.SUBMITTED, by=by):
            if not (self.title.strip() and self.problem.strip() and self.remedy.strip()):
                raise Refused(_now("Write down the title, the problem and the remedy first."))
            self.returned = ""

    def publish(self, *, by: User) -> None:
        """Let people read it: its words become the next version, which never changes. The reviewer did not write it."""
        with self.moving(self.Status.PUBLISHED, by=by) as at:
            number = (self.version.number if self.version else 0) + 1
            words = {name: getattr(self, name) for name in self.WORDS}
            self.version = ArticleVersion.objects.create(
                article=self, number=number, audience=self.audience, author=self.edited_by, reviewer=by,
                published_at=at, **words,
            )  # fmt: skip

    def send_back(self, *, reason: str, by: User) -> None:
        """Not good enough yet, with the reason."""
        if not reason.strip():
            raise Refused(_now("Write down what is to be changed."))
        with self.moving(self.Status.DRAFT, by=by, fact="article.returned"):
            if self.status != self.Status.SUBMITTED:
                raise Refused(self.refusal(self.Status.DRAFT))
            self.returned = reason.strip()

    def revise(self, *, by: User) -> None:
        """Take a published article up again; readers keep the published version meanwhile."""
        with self.moving(self.Status.DRAFT, by=by):
            if self.status != self.Status.PUBLISHED:
                raise Refused(self.refusal(self.Status.DRAFT))
            self.edited_by = by

    def retire(self, *, by: User) -> None:
        """Nobody finds it any more; it stays for the record."""
        with self.moving(self.Status.RETIRED, by=by):
            pass


class ArticleVersion(models.Model):
    """The words of an article as they were published. The database refuses every change."""

    KIND: ClassVar[str] = "article_version"

    article = models.ForeignKey(Article, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    problem = models.TextField()
    cause = models.TextField(blank=True, default="")
    remedy = models.TextField()
    audience = models.CharField(max_length=10, choices=Audience.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "number"], name="article_version_once"),
            models.CheckConstraint(
                condition=Q(reviewer=None) | ~Q(reviewer=models.F("author")), name="article_reviewed_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise UnrecordedWrite("A published version never changes; publish the next one.")
        super().save(*args, **kwargs)


class Vote(models.Model):
    """Whether an article helped somebody; the latest word of each person counts."""

    KIND: ClassVar[str] = "vote"

    article = models.ForeignKey(Article, models.PROTECT, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    useful = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["article", "user"], name="vote_once")]


class Use(models.Model):
    """An article that solved a case of some room above."""

    KIND: ClassVar[str] = "use"

    article = models.ForeignKey(Article, models.PROTECT, related_name="uses")
    case_kind = models.CharField(max_length=30)
    case_id = models.BigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["article", "case_kind", "case_id"], name="use_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["case_kind", "case_id"], name="use_case")]
