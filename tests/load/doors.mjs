/* What one request is told that has waited too long: asked of the sockets of the pools, with
   the time at which nginx would have put it there. The waits are those of run.sh. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, request } from "../http/fcgi.mjs";
import { home, sleep } from "../http/world.mjs";
import { check } from "./lib.mjs";

const waited = (ms, pool, method, uri, more = {}, body = "") => request(join(home, "run", `web-${pool}.sock`),
	ask(method, uri, { SERVER_PROTOCOL: "HTTP/1.1", KR_QUEUED: ((Date.now() - ms) / 1000).toFixed(3), ...more }), Buffer.from(body));
const secure = (a) => Object.keys(a.headers).filter((h) => /^(content-security|x-content|referrer|cross-origin|permissions|cache|vary)/.test(h)).sort().join();

async function pages(me) {
	const get = (lang, more) => waited(3000, "page", "GET", "/tasks", { ...me, HTTP_ACCEPT_LANGUAGE: lang, ...more });
	const de = await get("de"), en = await get("en"), served = await waited(0, "page", "GET", "/tasks", me);
	const retry = Number(de.headers["retry-after"]);
	check("who waited too long gets 503", de.status === 503 && en.status === 503, `${de.status} ${en.status}`);
	check("with a time to come back", retry >= 3 && retry <= 10, String(retry));
	for (const [a, lang] of [[de, "de"], [en, "en"]])
		check(`as a page in ${lang}`, a.body.includes(`<html lang="${lang}"`) && a.body.includes("<main") && a.body.endsWith("</html>\n") &&
			Number(a.headers["content-length"]) === a.body.length, a.body.slice(0, 600));
	check("that is not kept", de.headers["cache-control"] === "no-store");
	check("with the headers of every page", served.status === 200 && secure(de) === secure(served), `${secure(de)} ${secure(served)}`);
	/* It is drawn once: nothing of the first one stays on it, and nobody's notice is taken away. */
	const other = await get("de", { HTTP_COOKIE: "kr=none; kr-flash=core.saved", HTTP_USER_AGENT: "another" });
	check("the same for everybody", other.body === de.body && other.headers["set-cookie"] === undefined, JSON.stringify(other.headers));
}

/* What was typed is on the page that says that it was not taken; what another site sent is not. */
async function forms(me, submit) {
	const text = "Ein Text, den niemand noch einmal <tippen> will.", body = `answer=${encodeURIComponent(text)}`;
	const form = { ...me, CONTENT_TYPE: "application/x-www-form-urlencoded", HTTP_ACCEPT_LANGUAGE: "de" };
	const post = (site, path = submit, what = body) => waited(6000, "must", "POST", path, { ...form, HTTP_SEC_FETCH_SITE: site }, what);
	const mine = await post("same-origin"), foreign = await post("cross-site");
	const shown = text.replace("<", "&lt;").replace(">", "&gt;");
	check("a form that is sent away keeps its text", mine.status === 503 && mine.body.includes(shown) && mine.headers["retry-after"] > 0, mine.body.slice(0, 600));
	const secret = await post("same-origin", "/login", "account=ein-ziemlich-langer-Name&password=ein-ziemlich-langes-Wort");
	check("but no password", secret.status === 503 && secret.body.includes("langer-Name") && !secret.body.includes("langes-Wort"), secret.body.slice(0, 600));
	check("nor what came from another site", foreign.status === 503 && !foreign.body.includes("niemand noch einmal"), foreign.body.slice(0, 600));
}

export async function doors(dir) {
	const [cookie, , task] = readFileSync(join(dir, "pupils.tsv"), "utf8").split("\n")[0].split("\t");
	const me = { HTTP_COOKIE: `kr=${cookie}` }, submit = `/tasks/${task}/submit`;
	await sleep(500); /* nobody else in the queue */
	await pages(me);
	const api = await waited(3000, "page", "GET", "/api/v1/me", {});
	check("machines are told in their way", api.status === 503 && JSON.parse(api.body).status === 503 &&
		api.headers["content-type"] === "application/problem+json" && api.headers["retry-after"] !== undefined, api.body.slice(0, 300));
	check("not even looked for", (await waited(3000, "page", "GET", "/no/such/page")).status === 503);
	check("a burst may wait", (await waited(1000, "page", "GET", "/tasks", me)).status === 200);
	check("a time that is none sheds nobody", (await waited(NaN, "page", "GET", "/tasks", me)).status === 200);
	check("a clock that was set sheds nobody", (await waited(86400000, "page", "GET", "/tasks", me)).status === 200);
	/* 403: the token of the form is missing, so it has been looked at. */
	for (const [what, ms, pool, path, want] of [
		["a form waits longer", 800, "save", "/profile/theme", 403], ["not for ever", 2500, "save", "/profile/theme", 503],
		["a sign-in waits longer still", 2500, "sign", "/login", 403], ["not for ever", 4500, "sign", "/login", 503],
		["a hand-in longest", 3700, "must", submit, 403], ["not for ever", 6000, "must", submit, 503]]) {
		const a = await waited(ms, pool, "POST", path, { ...me, CONTENT_LENGTH: "0" });
		check(`${what}: ${path} after ${ms} ms`, a.status === want, `${a.status}`);
	}
	await forms(me, submit);
	/* 403: she is no administrator, so it has been looked at. */
	check("who watches the school is answered", (await waited(3000, "page", "GET", "/health", me)).status === 403);
	check("also on the page of health", (await waited(3000, "page", "GET", "/health", me)).status === 403); /* not a pupil's */
}
