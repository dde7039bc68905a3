/* A full disk under one folder at a time: stored files, logs, nginx's, the scanner's and
   MariaDB's temporary files. (Incoming uploads and the database: tests/http/faults.krt.) What
   needs the room is refused, all else goes on, and it is well again once there is room,
   without a restart. */
import { readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Browser } from "../http/client.mjs";
import { zip } from "../http/files.mjs";
import { home, port, sleep } from "../http/world.mjs";
import { judge, Ledger } from "./ledger.mjs";
import { Chance, coreWith, filesAgree, incoming, root, run, seed, sql, stored, sv, tally, until, value, work } from "./lib.mjs";

const fill = async (dir) => run("dd", ["if=/dev/zero", `of=${join(dir, "ballast")}`, "bs=4k"]).catch(() => {});
const free = (dir) => rmSync(join(dir, "ballast"));

const used = async (dir) => Number((await run("du", ["-sk", dir])).stdout.split("\t")[0]);

/* A small disk in place of that folder, with what was in it. */
async function small(dir, kib) {
	const at = realpathSync(dir), { uid, gid, mode } = statSync(at), copy = join(work, "copy");
	await run("cp", ["-a", at, copy]);
	await run("mount", ["-t", "tmpfs", "-o", `size=${kib + await used(at)}k,mode=${(mode & 0o7777).toString(8)},uid=${uid},gid=${gid}`, "tmpfs", at]);
	await run("cp", ["-a", `${copy}/.`, at]);
	return { at, end: async () => {
		await run("umount", ["-l", at]);
		await run("cp", ["-a", `${copy}/.`, at]);
		rmSync(copy, { recursive: true });
	} };
}

const page = (l) => l.pupils[0].browser.get("/tasks").then((a) => a.status);
const well = async () => (await new Browser(port).get("/healthz")).body === "ok\n";
async function goesOn(l, what) {
	tally.check(await page(l) === 200, `${what}: pages go on`);
	const w = l.news();
	tally.check(await l.send(w, { once: true }), `${what}: writing without files goes on`, w.answer?.status);
}

/* Both folders of files on one disk of their own, as where var/ is a partition. */
async function data(l) {
	const disk = join(home, "small"), names = ["files", "incoming"];
	await run("mkdir", ["-m", "755", disk]);
	await run("mount", ["-t", "tmpfs", "-o", `size=${1024 + await used(join(home, "files"))}k,mode=755`, "tmpfs", disk]);
	for (const n of names) {
		await run("cp", ["-a", join(home, n), disk]);
		await run("mv", [join(home, n), join(home, `${n}.old`)]);
		symlinkSync(join(disk, n), join(home, n));
	}
	await coreWith(""); /* its sandbox names the folders that were there at the start */
	await fill(disk);
	const before = stored().size, rows = await value("SELECT COUNT(*) FROM core_file");
	const w = await l.handIn();
	tally.check(!(await l.send(w, { once: true })) && w.answer.status === 507, "data: 507", w.answer.status);
	tally.check(incoming().length === 0 && stored().size === before, "data: nothing half-written", incoming().join("\n"));
	tally.check(await value("SELECT COUNT(*) FROM core_file") === rows, "data: no row of it");
	await goesOn(l, "data");
	free(disk);
	tally.check(await l.send(w, { once: true }), "data: the same form goes through when there is room", w.answer.status);
	for (const n of names) {
		rmSync(join(home, n));
		await run("mv", [join(home, `${n}.old`), join(home, n)]);
		await run("cp", ["-a", `${disk}/${n}/.`, join(home, n)]);
	}
	await coreWith("");
	await run("umount", [disk]);
	rmSync(disk, { recursive: true });
}

/* Far more lines than a pipe holds: nobody may wait for a log that is not written. */
async function log(l) {
	const d = await small(join(home, "log/kreide"), 4096);
	await sv("restart", "kreide/log");
	await fill(d.at);
	let worst = 0, bad = 0;
	for (let i = 0; i < 700; i++) {
		const from = performance.now();
		if (await page(l) !== 200) bad++;
		worst = Math.max(worst, performance.now() - from);
	}
	tally.check(bad === 0, "log: every page is answered", `${bad} are not`);
	tally.check(worst < 5000, "log: nobody waits for it", `${Math.round(worst)} ms`);
	tally.note(`disks: log full: 700 pages, the slowest in ${Math.round(worst)} ms`);
	await goesOn(l, "log");
	free(d.at);
	const lines = () => readFileSync(join(d.at, "current"), "utf8");
	tally.check(await until(20, async () => (await page(l), lines().includes("event=log.lost"))), "log: how many lines are lost is in it afterwards", () => lines().slice(-500));
	await d.end();
	await sv("restart", "kreide/log");
}

async function nginx(l) {
	const d = await small(join(home, "tmp/nginx"), 256);
	await sv("restart", "nginx");
	await until(10, () => page(l).then((s) => s === 200));
	await fill(d.at);
	const w = await l.handIn(), bytes = Buffer.alloc(200000, "Bericht\n");
	w.file.bytes = w.fields.work.bytes = bytes;
	tally.check(!(await l.send(w, { once: true })) && [500, 507].includes(w.answer.status), "nginx' folder: an upload is refused", w.answer.status);
	tally.check(/text\/html/.test(w.answer.headers["content-type"] ?? ""), "nginx' folder: with a page");
	await goesOn(l, "nginx' folder");
	free(d.at);
	tally.check(await l.send(w, { once: true }), "nginx' folder: the same form goes through when there is room", w.answer.status);
	await sv("stop", "nginx");
	await d.end();
	await sv("start", "nginx");
	await until(10, () => page(l).then((s) => s === 200));
}

async function scanner(l) {
	const d = await small(join(home, "tmp/scan"), 16384);
	await sv("restart", "scan"); /* it may use what was there when it started */
	await until(20, well);
	await fill(d.at);
	const w = await l.handIn();
	const bytes = zip("bericht.txt", Buffer.alloc(3 << 20, "Bericht\n"));
	w.fields.work = w.file = { name: `${w.mark}.txt`, bytes };
	tally.check(await l.send(w, { once: true }), "the scanner's folder: the hand-in is taken", w.answer.status);
	const scan = () => value(`SELECT scan FROM core_file WHERE name = '${w.mark}.txt'`);
	tally.note(`disks: the scanner's folder full: the file ${await scan() === "1" ? "was looked at all the same" : "waits"}`);
	await goesOn(l, "the scanner's folder");
	free(d.at);
	tally.check(await until(60, async () => await scan() === "1", 500), "the scanner's folder: looked at when there is room");
	await sv("stop", "scan");
	await d.end();
	await sv("start", "scan");
	await until(20, well);
}

/* With as many rows as a school has after years, of which a page shows the newest: nothing of
   it may need a file. */
async function mariadb(l) {
	const t = l.teachers[0], p = l.pupils[0], now = "UTC_TIMESTAMP(6)";
	await sql(`INSERT INTO news_item (rev, title, category, body, audience_id, author_id, created, changed)
		SELECT 1, 'Fuelle', 'general', REPEAT('x', 300), audience_id, author_id, ${now}, ${now} FROM seq_1_to_10000,
		(SELECT audience_id, author_id FROM news_item WHERE author_id = ${t.id} ORDER BY id DESC LIMIT 1) one`);
	await sql(`INSERT INTO tasks_task (rev, title, body, group_id, due, owner_id, created, changed) SELECT 1, 'Fuelle',
		REPEAT('x', 300), ${l.group}, ${now} + INTERVAL 9 DAY, ${t.id}, ${now}, ${now} FROM seq_1_to_3000`);
	await sql(`INSERT INTO core_notice (person_id, module, text_key, args, href, batch, created) SELECT ${p.id}, 'core', 'core.x',
		'[]', '/start', seq, ${now} FROM seq_1_to_3000`);
	const d = await small(join(home, "tmp/mariadb"), 64);
	await fill(d.at);
	await goesOn(l, "MariaDB's folder");
	for (const [who, w] of [["teacher", t], ["pupil", p]])
		for (const path of ["/", "/news", "/tasks", "/notices"]) {
			const a = await w.browser.get(path);
			tally.check(a.status === 200, `MariaDB's folder: the long list ${path} goes on for the ${who}`, a.status);
		}
	const tiles = (await p.browser.get("/")).body;
	tally.check(tiles.includes("Fuelle"), "MariaDB's folder: the start page shows its tiles");
	free(d.at);
	await goesOn(l, "MariaDB's folder, with room");
	await d.end();
	await sql("DELETE FROM news_item WHERE title = 'Fuelle'; DELETE FROM tasks_task WHERE title = 'Fuelle'; DELETE FROM core_notice WHERE text_key = 'core.x'");
}

export default async function () {
	if (!root) return tally.note("disks: only root can mount small ones; left out");
	const ledger = new Ledger(join(work, "ledger.disks"), new Chance(seed), "Platte");
	await ledger.people(4);
	const all = { data, log, nginx, scanner, mariadb };
	for (const [name, part] of Object.entries(all))
		if (!process.env.DISK || process.env.DISK === name) await part(ledger);
	await sleep(100);
	await judge(ledger, tally, "disks");
	ledger.close();
	await filesAgree("disks");
	tally.check(readdirSync(home).every((n) => !/^small|\.old$/.test(n)), "disks: taken away again");
	await sql("SELECT 1");
}
