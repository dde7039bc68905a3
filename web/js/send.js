/* Sending a form by script: with progress for files, and without losing what was typed when
   the network, the server or the session fails. For data-progress and data-draft forms. */
import {
	all,
	iconButton,
	isPost,
	make,
	note,
	number,
	one,
	root,
	size,
	word,
} from "./dom.js";
import { isSignedOut, parse, showPage } from "./page.js";
import { letGo, setBusy } from "./forms.js";
import { dropDraft } from "./drafts.js";
import { loginAddress } from "./live.js";

const SHOW_AFTER = 600; /* a form without files that is answered sooner needs no bar */

const isMultipart = (form) => form.getAttribute("enctype") === "multipart/form-data";
const wanted = (form) =>
	isPost(form) &&
	(form.hasAttribute("data-draft") ||
		(isMultipart(form) && form.hasAttribute("data-progress")));
const hasFiles = (form) =>
	all('input[type="file"]', form).some((field) => field.files.length > 0);

function body(form, submitter) {
	const data = new FormData(form);
	if (submitter?.name) data.append(submitter.name, submitter.value);
	if (isMultipart(form)) return data;
	return new URLSearchParams([...data].filter(([, value]) => typeof value === "string"));
}

function complain(form, title, text) {
	one(":scope > .k-note.is-failed", form)?.remove();
	const box = note(form, "warn", title, text);
	box.classList.add("is-failed");
	box.tabIndex = -1;
	box.scrollIntoView({ block: "nearest" });
	box.focus();
	return box;
}

/* The form of the page that is this one. */
function formLike(form, page) {
	return [...page.forms].find((other) =>
		form.dataset.draft
			? other.dataset.draft === form.dataset.draft
			: isPost(other) && other.getAttribute("action") === form.getAttribute("action"),
	);
}

/* Takes hidden fields (token, nonce) from a fresh copy of the page: the session is a new one. */
async function renew(form) {
	const answer = await fetch(location.href, { redirect: "manual" }).catch(() => null);
	if (!answer?.ok) return false;
	const page = parse(await answer.text());
	if (page.documentElement.dataset.person !== root.dataset.person) return false;
	const same = formLike(form, page);
	for (const fresh of same?.querySelectorAll('input[type="hidden"]') || []) {
		const old = [...form.elements].find(
			(f) => f.name === fresh.name && f.type === "hidden",
		);
		if (old) old.value = fresh.value;
	}
	return Boolean(same);
}

function onSignedOut(form) {
	form.setAttribute("data-renew", "");
	const files = hasFiles(form);
	const link = make(
		"a",
		/* chosen files cannot be kept: then the sign-in opens beside this page */
		{
			href: files ? root.dataset.login || "/login" : loginAddress(),
			target: files && "_blank",
		},
		word("sign-in"),
	);
	link.addEventListener("click", () => files || letGo());
	complain(form, word("signed-out"), "").append(make("p", {}, link));
}

/* The error pages say calmly what happened; their title and first sentence serve here too. */
function onRefused(form, page) {
	const main = one(`main [lang="${root.lang}"]`, page) || one("main", page);
	const title = main && one("h1, h2", main)?.textContent;
	complain(
		form,
		title || word("send-failed"),
		(main && one("p", main)?.textContent) || "",
	);
}

/* An error page that does not bring the form back must not take what was typed with it. */
function onAnswer(form, xhr) {
	const page = parse(xhr.responseText);
	const ok = xhr.status >= 200 && xhr.status < 300;
	if (!/html/.test(xhr.getResponseHeader("Content-Type") || ""))
		return onRefused(form, page);
	if (isSignedOut(page) && (ok || [401, 403].includes(xhr.status))) return onSignedOut(form);
	if (!ok && !([409, 422].includes(xhr.status) && formLike(form, page)))
		return onRefused(form, page);
	if (ok) dropDraft(form);
	letGo();
	if (!showPage(page, xhr.responseURL, ok)) location.assign(xhr.responseURL);
}

function bar(form, xhr) {
	const status = make("span", {}, word("sending"));
	const progress = make("progress", { max: 100, "aria-label": word("sending") || null });
	const cancel = word("cancel") && iconButton("x", word("cancel"));
	const box = make("div", { class: "k-send" }, status, cancel || null, progress);
	if (cancel) cancel.addEventListener("click", () => xhr.abort());
	const sticky = one(".k-sticky", form);
	if (sticky) sticky.before(box);
	else form.append(box);
	return { box, status, progress };
}

function left(since, done, total) {
	const seconds = (((Date.now() - since) / done) * (total - done)) / 1000;
	if (!(seconds >= 2) || Date.now() - since < 2000) return "";
	const unit = seconds < 90 ? "second" : "minute";
	const n = unit === "second" ? Math.ceil(seconds / 5) * 5 : Math.ceil(seconds / 60);
	return word("upload-left", {
		time: number(n, { style: "unit", unit, unitDisplay: "long" }),
	});
}

function watch(xhr, view) {
	const since = Date.now();
	xhr.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
		if (!lengthComputable || !loaded) return;
		view.progress.value = (loaded / total) * 100;
		const sum = word("upload-sum", { done: size(loaded), total: size(total) });
		const rest = left(since, loaded, total);
		view.status.textContent = rest && sum ? `${sum} · ${rest}` : sum || word("sending");
	});
	xhr.upload.addEventListener("load", () => {
		view.progress.removeAttribute("value");
		view.status.textContent = word("upload-check") || word("sending");
	});
}

function send(form, submitter) {
	const xhr = new XMLHttpRequest();
	const action = submitter?.getAttribute("formaction") || form.getAttribute("action");
	let view;
	let timer;
	if (hasFiles(form)) {
		view = bar(form, xhr);
		watch(xhr, view);
	} else timer = setTimeout(() => (view = bar(form, xhr)), SHOW_AFTER);
	xhr.open("POST", action || location.href);
	xhr.addEventListener("loadend", () => {
		clearTimeout(timer);
		view?.box.remove();
		setBusy(form, false);
	});
	xhr.addEventListener("load", () => onAnswer(form, xhr));
	xhr.addEventListener("error", () => complain(form, word("send-failed"), ""));
	xhr.addEventListener("abort", () => submitter?.focus());
	xhr.send(body(form, submitter));
}

document.addEventListener("submit", async (event) => {
	const form = event.target;
	const submitter = event.submitter;
	if (event.defaultPrevented || !wanted(form)) return;
	if (submitter?.hasAttribute("formtarget") || form.hasAttribute("target")) return;
	event.preventDefault();
	setBusy(form, true, submitter);
	one(":scope > .k-note.is-failed", form)?.remove();
	if (form.hasAttribute("data-renew")) {
		if (await renew(form)) form.removeAttribute("data-renew");
		else {
			setBusy(form, false);
			return onSignedOut(form);
		}
	}
	send(form, submitter);
});
