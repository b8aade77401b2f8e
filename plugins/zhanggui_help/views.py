"""Pages of help: the index, an article, what explains the page somebody looks at, search, and tours."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, request

from zhanggui.api import (
    Forbidden,
    NotFound,
    Reader,
    View,
    _,
    _l,
    accompany,
    articles,
    clock,
    current_actor,
    expose,
    has_access,
    reader_here,
    reading,
    signed_in,
    unit_of_work,
)

from . import rest, screens, shelf
from .permissions import READING, SEARCH
from .services import asking, searching, shop_texts, touring

SCRIPT = "help/tour.js"
RIGHTS = "core.rights"  # the article about who may do what


class HelpView(View):
    """For whoever has signed in."""

    route_base = "/help"
    class_permission_name = READING

    @expose("/")
    @signed_in
    def index(self) -> Any:
        """Everything that there is to read, by whose it is."""
        reader = reader_here()
        with reading() as db:
            own = shelf.of_shop(db, reader)
        return self.render("help/index.html", title=_("Help"), key=f"{READING}.index", groups=[*own, *shelf.groups(reader)], tours=shelf.tours_for(reader),
                           may_see_asked=reader.may("can_see", SEARCH))  # fmt: skip

    @expose("/a/<ref>")
    @signed_in
    def article(self, ref: str) -> Any:
        """One article, with the labels of today."""
        reader = reader_here()
        if ref.startswith(f"{shop_texts.OWNER}."):
            return self._of_shop(ref, reader)
        found = articles.library().article(ref, reader.locale)
        if found is None:
            raise NotFound(_l("There is no such article, or the plugin that it belongs to is switched off."))
        if found.id != ref:
            return redirect(f"/help/a/{found.id}", 301)
        if not found.may_be_read_by(reader.actor):
            raise Forbidden()
        with reading() as db:
            vote = asking.vote_of(db, ref=found.id, digest=found.digest, actor=reader.actor)
        text = articles.render(found.body, reader.actor, articles.library().named)
        more = [shelf.line(a, reader.actor) for a in shelf.readable(reader) if a.id != ref and set(a.screens) & set(found.screens)][:5]
        return self.render("help/article.html", title=found.title, key=f"{READING}.article", ref=ref, lang=found.locale, digest=found.digest,
                           html=text.html, more=more, vote=vote, reasons=asking.REASONS)  # fmt: skip

    def _of_shop(self, ref: str, reader: Reader) -> Any:
        with reading() as db:
            for _article, version in shop_texts.published(db, ref.partition(".")[2]):
                code, said = rest.said_in(version.texts, reader.locale)
                digest = f"{version.number}"
                vote = asking.vote_of(db, ref=ref, digest=digest, actor=reader.actor)
                return self.render("help/article.html", title=said["title"], key=f"{READING}.article", ref=ref, lang=code, digest=digest,
                                   html=screens.shown(said["body"]), more=[], vote=vote, reasons=asking.REASONS)  # fmt: skip
        raise NotFound(_l("There is no such article."))

    @expose("/vote", methods=("POST",))
    @signed_in
    def vote(self) -> Any:
        """Whether it was clear, and why not."""
        given, reader = request.form, reader_here()
        ref, digest = given.get("ref", "")[:120], given.get("digest", "")[:40]
        clear = given.get("clear") == "1"
        with unit_of_work() as db:
            if shelf.digest_of(db, ref, reader) != digest:
                raise NotFound(_l("This article was changed in the meantime. Please read it again."))
            asking.vote(db, ref=ref, digest=digest, locale=reader.locale, clear=clear, reason="" if clear else given.get("reason", ""), actor=reader.actor, now=clock.now())
        flash(_("Thank you."), "success")
        return redirect(f"/help/a/{ref}", 303)

    @expose("/panel")
    @signed_in
    def panel(self) -> Any:
        """What explains a page: a sheet over it where script runs, a page of its own else."""
        reader, key = reader_here(), request.args.get("screen", "")[:120]
        why = "why" in request.args
        found = [shelf.line(a, reader.actor) for a in shelf.of_screen(reader, key)[:6]]
        rights = articles.library().article(RIGHTS, reader.locale) if why else None
        template = "help/panel_part.html" if request.headers.get("HX-Request") else "help/panel.html"
        return self.render(template, title=_("Help"), key=f"{READING}.panel", lines=found, rights=rights and shelf.line(rights, reader.actor),
                           tours=shelf.tours_for(reader, key.rpartition(".")[0]), why=why)  # fmt: skip

    @expose("/search", methods=("POST",))
    @signed_in
    def ask(self) -> Any:
        """Count the question, without saying by whom, and show what answers it."""
        question, reader = request.form.get("q", "")[:80].strip(), reader_here()
        if question:
            with unit_of_work() as db:
                found = searching.search(db, reader, question)
                asking.note_question(db, question, locale=reader.locale, found=len(found), now=clock.now())
        return redirect(f"/help/search?{urlencode({'q': question})}", 303)

    @expose("/search")
    @signed_in
    def search(self) -> Any:
        """What answers a question."""
        question, reader = request.args.get("q", "")[:80].strip(), reader_here()
        with reading() as db:
            found = searching.search(db, reader, question) if question else []
        return self.render("help/search.html", title=_("Search in help"), key=f"{READING}.search", query=question, found=found, owner_name=shelf.owner_name)

    @expose("/tours/<tour_id>")
    @signed_in
    def tour(self, tour_id: str) -> Any:
        """What a tour shows, with the button that starts it."""
        reader = reader_here()
        return self.render("help/tour.html", title=str(touring.tour_for(tour_id, reader.actor).title), key=f"{READING}.tour", tour=touring.tour_for(tour_id, reader.actor))


    @expose("/tours/<tour_id>/start", methods=("POST",))
    @signed_in
    def start_tour(self, tour_id: str) -> Any:
        """From its first page on; the script of tours goes along."""
        actor = current_actor()
        tour = touring.tour_for(tour_id, actor)
        with unit_of_work() as db:
            touring.begin(db, tour, actor=actor, now=clock.now())
        accompany(SCRIPT)
        return redirect(tour.start, 303)

    @expose("/tour-now")
    @signed_in
    def tour_now(self) -> Any:
        """The steps of the tour that is under way, for its script."""
        with reading() as db:
            now = touring.under_way(db, current_actor())
        if now is None:
            return {"tour": ""}
        tour, step = now
        texts = {"next": _("Next"), "done": _("Done"), "leave": _("Leave the tour"), "moved": _("This has moved. The tour ends here, and it was noted."), "press": _("Tap it to go on.")}
        steps = [{"target": s.target, "text": str(s.text), "expect": s.expect, "optional": s.optional} for s in tour.steps]
        return {"tour": tour.id, "title": str(tour.title), "step": step, "steps": steps, "texts": {**texts, "place": _("%(step)s of %(all)s", step="{n}", all=len(steps))}}

    @expose("/tours/<tour_id>/step", methods=("POST",))
    @signed_in
    def tour_step(self, tour_id: str) -> Any:
        """Remember where somebody is, or how it ended."""
        actor, given = current_actor(), request.form
        tour, step = touring.tour_for(tour_id, actor), given.get("step", "")
        with unit_of_work() as db:
            if "ended" in given:
                touring.end(db, tour, given["ended"], actor=actor, now=clock.now())
            elif step.isdecimal() and len(step) < 4:
                touring.go_to(db, tour, int(step), actor=actor, now=clock.now())
        if "ended" in given or step == str(len(tour.steps)):
            accompany(None)
        return {"ok": True}


class AskedView(View):
    """What nobody could answer: what should be written next."""

    route_base = "/help-asked"
    class_permission_name = SEARCH

    @expose("/")
    @has_access
    def see(self) -> Any:
        """The most asked first; then articles that are not clear."""
        reader = reader_here()
        with reading() as db:
            asked, unclear, moved = asking.in_vain(db), asking.unclear(db), touring.moved(db)
        shelf_now = articles.library()
        named = [(ref, a.title if (a := shelf_now.article(ref, reader.locale)) else ref, yes, total) for ref, yes, total in unclear]
        return self.render("help/asked.html", title=_("Questions without an answer"), asked=asked, unclear=named, moved=moved)
