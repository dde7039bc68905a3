/* Starting the modules on a page, and putting a page that was fetched in place of this one. */
import { one, all, root } from "./dom.js";

const starters = [];
const place = () => location.pathname + location.search;
let shown = place();

/* Each module says what it does with a fresh page. */
export function onPage(start) {
	starters.push(start);
}

export function startPage() {
	for (const start of starters) start();
}

export function parse(html) {
	return new DOMParser().parseFromString(html, "text/html");
}

/* A page of a signed-in person names the person; the sign-in page does not. */
export function isSignedOut(page) {
	return Boolean(root.dataset.person) && !page.documentElement.dataset.person;
}

function ownScript(doc) {
	return one('script[type="module"][src]', doc)?.getAttribute("src");
}

function copyAttributes(from, to) {
	for (const { name } of [...to.attributes])
		if (!from.hasAttribute(name)) to.removeAttribute(name);
	for (const { name, value } of from.attributes) to.setAttribute(name, value);
}

function focusAfter(url) {
	const target =
		one('.k-bad [aria-invalid="true"], .k-bad .form-control') ||
		(url.hash && document.getElementById(decodeURIComponent(url.hash.slice(1)))) ||
		one("main");
	if (!target) return;
	if (!target.matches("a, button, input, select, textarea, [tabindex]"))
		target.tabIndex = -1;
	window.scrollTo(0, 0);
	target.focus({ preventScroll: target.matches("main") });
}

/* Shows the answer to a form as if the browser had gone there. After a redirect the address
   changes; the answer 422 stays under the address of the form, so that a reload is harmless.
   The page is parsed without running anything; only the body and the attributes are taken. */
export function showPage(page, address, redirected) {
	const url = new URL(address, location.href);
	if (!one("main", page) || url.origin !== location.origin) return false;
	if (redirected && ownScript(page) !== ownScript(document)) return false;
	if (!redirected)
		for (const form of all("form:not([action])", page))
			form.setAttribute("action", address);
	if (redirected && url.href !== location.href) history.pushState(null, "", url);
	shown = place();
	document.title = page.title;
	copyAttributes(page.documentElement, root);
	document.body.replaceWith(document.adoptNode(page.body));
	startPage();
	focusAfter(url);
	return true;
}

/* Back over such a step: the address no longer fits what is shown, so load what it names.
   Jumps inside the page (#nav-all) fire the same event and change neither path nor query. */
window.addEventListener("popstate", () => {
	if (place() !== shown) location.reload();
});
