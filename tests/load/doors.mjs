/* What one request is told that has waited too long: asked of the sockets of the pools, with
   the time at which nginx would have put it there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { answer, ask, head, raw, record, STDIN } from "../http/fcgi.mjs";
import { home, sleep } from "../http/world.mjs";
import { check } from "./lib.mjs";

async function waited(ms, pool, method, uri, more = {}) {
	const params = ask(method, uri, { SERVER_PROTOCOL: "HTTP/1.1", KR_QUEUED: ((Date.now() - ms) / 1000).toFixed(3), ...more });
	const { bytes } = await raw(join(home, "run", `web-${pool}.sock`), Buffer.concat([head(params), record(STDIN)]));
	return answer(bytes);
}


export async function doors(dir) {
	const [cookie, , task] = readFileSync(join(dir, "pupils.tsv"), "utf8").split("\n")[0].split("\t");
	const me = { HTTP_COOKIE: `kr=${cookie}` }, submit = `/tasks/${task}/submit`;
	await sleep(500); /* nobody else in the queue */
	const de = await waited(3000, "page", "GET", "/tasks", { ...me, HTTP_ACCEPT_LANGUAGE: "de" });
	const en = await waited(3000, "page", "GET", "/tasks", { ...me, HTTP_ACCEPT_LANGUAGE: "en" });
	const retry = Number(de.headers["retry-after"]);
	check("who waited too long gets 503", de.status === 503 && en.status === 503, `${de.status} ${en.status}`);
	check("with a time to come back", retry >= 3 && retry <= 10, String(retry));
	check("as a page, in German", /<html lang="de/.test(de.body) && /<main/.test(de.body), de.body.slice(0, 600));
	check("as a page, in English", /<html lang="en/.test(en.body) && /<main/.test(en.body), en.body.slice(0, 600));
	check("that is not kept", de.headers["cache-control"] === "no-store");
	const api = await waited(3000, "page", "GET", "/api/v1/me", {});
	check("machines are told in their way", api.status === 503 && JSON.parse(api.body).status === 503 &&
		api.headers["content-type"] === "application/problem+json" && api.headers["retry-after"] !== undefined, api.body.slice(0, 300));
	check("not even looked for", (await waited(3000, "page", "GET", "/no/such/page")).status === 503);
	check("a burst may wait", (await waited(1000, "page", "GET", "/tasks", me)).status === 200);
	check("a time that is none sheds nobody", (await waited(NaN, "page", "GET", "/tasks", me)).status === 200);
	check("a clock that was set sheds nobody", (await waited(86400000, "page", "GET", "/tasks", me)).status === 200);
	/* 403: the token of the form is missing, so it has been looked at. */
	for (const [what, ms, pool, path, want] of [
		["a form waits longer", 4000, "save", "/profile/theme", 403], ["not for ever", 6000, "save", "/profile/theme", 503],
		["a sign-in waits longer still", 9000, "sign", "/login", 403], ["not for ever", 11000, "sign", "/login", 503],
		["a hand-in longest", 14000, "must", submit, 403], ["not for ever", 16000, "must", submit, 503]]) {
		const a = await waited(ms, pool, "POST", path, { ...me, CONTENT_LENGTH: "0" });
		check(`${what}: ${path} after ${ms} ms`, a.status === want, `${a.status}`);
	}
	check("who watches the school is answered", (await waited(10000, "page", "GET", "/healthz")).status === 200);
}
