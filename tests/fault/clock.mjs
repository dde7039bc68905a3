/* Jumps of the clock (shim.c under core): an hour and a day forward and back, with people
   signed in; and a deadline in the hours when the clock is set in October and March. */
import { join } from "node:path";
import { Browser, formOf, multipart } from "../http/client.mjs";
import { demoPassword, kreide, port, sleep } from "../http/world.mjs";
import { Ledger } from "./ledger.mjs";
import { Chance, coreWith, Plan, preload, tally, until, value, work } from "./lib.mjs";

const plan = new Plan(join(work, "clock"));
const clock = (seconds) => plan.clock(seconds);
const at = (utc) => clock(Math.round((Date.parse(utc) - Date.now()) / 1000));
const signedIn = async (b) => (await b.get("/profile")).status === 200;
async function signsIn(account, password) {
	const b = new Browser(port);
	return b.signIn(account, password).then(() => true, () => false);
}

/* When this account signed in, as its session has it: it moves with the clock. */
const began = (account) => value(`SELECT UNIX_TIMESTAMP(MAX(s.created)) FROM core_session s JOIN core_person p ON p.id = s.person_id
	WHERE p.account = '${account}'`).then(Number);

async function jumps() {
	const people = {};
	for (const who of ["schueler", "lehrerin", "admin"]) {
		people[who] = new Browser(port);
		await people[who].signIn(who, demoPassword);
	}
	/* Wrong words before the jump: the limit neither opens nor closes by it. */
	for (let i = 0; i < 7; i++) await signsIn("elternteil", "falsch-falsch");
	const b = new Browser(port), wait = async () => (await b.post("/login", { account: "elternteil", password: demoPassword }, { on: "/login" })).status;
	tally.check([429, 422, 503, 403].includes(await wait()), "clock: after wrong passwords one has to wait");
	const since = await began("lehrerin");
	for (const [seconds, name] of [[3600, "an hour forward"], [-3600, "an hour back"], [86400, "a day forward"], [-86400, "a day back"]]) {
		clock(seconds);
		await sleep(1500); /* as long as jobs needs to see it */
		for (const [who, p] of Object.entries(people)) tally.check(await until(15, () => signedIn(p), 200), `clock: ${name}: ${who} stays signed in`);
		let moved;
		tally.check(await until(15, async () => Math.abs((moved = (await began("lehrerin")) - since) - seconds) < 10, 200),
			`clock: ${name}: her session has as long as before`, `moved by ${moved} s`);
		tally.check(await signsIn("schueler", demoPassword), `clock: ${name}: signing in works`);
		if (seconds === 3600) tally.check(await signsIn("elternteil", demoPassword), "clock: an hour later nobody waits for wrong passwords");
		clock(0);
		await sleep(1500);
		for (const [who, p] of Object.entries(people)) tally.check(await until(15, () => signedIn(p), 200), `clock: ${name} and back: ${who} stays signed in`);
	}
	tally.check((await new Browser(port).get("/healthz")).status === 200, "clock: well after all of it");
}

/* Due at `due` as a person types it; shown the same, and late exactly from then on. All at
   times of their own, with people who sign in then. */
async function deadline({ due, utc, shown, made, before, after, name }) {
	at(made);
	await sleep(1500); /* the clock of jobs' round */
	const l = new Ledger(join(work, "ledger.clock"), new Chance(5), name);
	await l.people(1);
	const t = l.task(false);
	t.fields.due = due;
	tally.check(await l.send(t, { once: true }), `${name}: the task is made`, t.answer.status);
	l.close();
	const id = t.answer.headers.location?.match(/\d+$/)?.[0] ?? 0;
	const stored = await value(`SELECT DATE_FORMAT(due, '%Y-%m-%dT%H:%i') FROM tasks_task WHERE id = ${id}`);
	tally.check(stored === utc, `${name}: stored in UTC`, stored);
	const page = (await l.pupils[0].browser.get(`/tasks/${id}`)).body.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
	tally.check(shown.test(page), `${name}: shown to people`, () => page.match(/.{60}(Uhr|fällig).{60}/gi)?.join("\n") ?? page.slice(0, 600));
	const handIn = async () => {
		const b = new Browser(port);
		await b.signIn("schueler", demoPassword);
		const { _csrf } = formOf((await b.get(`/tasks/${id}`)).body, `/tasks/${id}/submit`)?.hidden ?? { _csrf: await b.csrf() };
		const [type, body] = multipart({ _csrf, answer: "fertig" });
		return (await b.ask("POST", `/tasks/${id}/submit`, { headers: { "content-type": type }, body })).status;
	};
	at(before);
	tally.check(await handIn() === 303, `${name}: a minute before it is not too late`);
	at(after);
	const late = await handIn();
	tally.check(late === 422, `${name}: a minute after it is`, late);
}

export default async function () {
	await coreWith(preload(plan));
	try {
		await jumps();
		const set = await kreide("module", "set", "tasks", "tasks.late", "0");
		tally.check(set.code === 0, "clock: work that is late is refused", set.err);
		/* 2:30 is twice on that day: the first one counts. */
		await deadline({ name: "October", due: "2026-10-25T02:30", utc: "2026-10-25T00:30", shown: /02:30|2:30/,
			made: "2026-10-20T10:00:00Z", before: "2026-10-25T00:29:00Z", after: "2026-10-25T00:31:00Z" });
		/* 2:30 is not on that day: as if the clock had not been set yet, which is 3:30. */
		await deadline({ name: "March", due: "2027-03-28T02:30", utc: "2027-03-28T01:30", shown: /03:30|3:30/,
			made: "2027-03-24T11:00:00Z", before: "2027-03-28T01:29:00Z", after: "2027-03-28T01:31:00Z" });
	} finally {
		clock(0);
		await coreWith("");
		await kreide("module", "set", "tasks", "tasks.late", "1");
	}
}
