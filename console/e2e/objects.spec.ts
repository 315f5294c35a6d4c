import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accessible, expect, open, test } from "./fixtures";

test("uploads files and a folder, small and in parts, with what was chosen before", async ({ console: page, server }, info) => {
  await server.aws("s3api", "create-bucket", "--bucket", "uploads");
  const directory = info.outputPath("folder");
  await mkdir(join(directory, "deep"), { recursive: true });
  await writeFile(join(directory, "a.txt"), "first");
  await writeFile(join(directory, "deep", "ü b.txt"), "second");
  const large = randomBytes(20 * 1024 * 1024);
  await writeFile(info.outputPath("large.bin"), large);
  await open(page, "#/buckets/uploads/upload?prefix=in/");
  await page.getByLabel("Add folder").last().setInputFiles(directory);
  await page.getByLabel("Add files").last().setInputFiles(info.outputPath("large.bin"));
  await page.getByRole("button", { name: "Properties" }).click();
  await page.getByRole("button", { name: "Add metadata" }).click();
  await page.getByLabel("Key 1").fill("colour");
  await page.getByLabel("Value 1").fill("green");
  await page.getByRole("button", { name: "Add tag" }).click();
  await page.getByLabel("Key 1").last().fill("kind");
  await page.getByLabel("Value 1").last().fill("test + more");
  await accessible(page, "upload");
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByText("3 of 3 done").first()).toBeVisible({ timeout: 60_000 });
  await accessible(page, "upload-done");

  const { Contents } = await server.aws("s3api", "list-objects-v2", "--bucket", "uploads");
  expect(Contents.map((each: { Key: string }) => each.Key)).toEqual(["in/folder/a.txt", "in/folder/deep/ü b.txt", "in/large.bin"]);
  const head = await server.aws("s3api", "head-object", "--bucket", "uploads", "--key", "in/large.bin");
  expect(head.Metadata).toEqual({ colour: "green" });
  expect(head.ETag).toMatch(/-3"$/);
  const { TagSet } = await server.aws("s3api", "get-object-tagging", "--bucket", "uploads", "--key", "in/large.bin");
  expect(TagSet).toEqual([{ Key: "kind", Value: "test + more" }]);
  await server.aws("s3api", "get-object", "--bucket", "uploads", "--key", "in/large.bin", info.outputPath("back.bin"));
  const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
  expect(digest(await readFile(info.outputPath("back.bin")))).toBe(digest(large));
});

test("pauses, resumes and cancels an upload", async ({ console: page, server }, info) => {
  await server.aws("s3api", "create-bucket", "--bucket", "paused");
  await writeFile(info.outputPath("one.bin"), randomBytes(40 * 1024 * 1024));
  // Parts after the first few do not go through until they may.
  let held = true;
  const waiting: (() => void)[] = [];
  const letGo = () => {
    held = false;
    for (const go of waiting.splice(0)) go();
  };
  await page.route(/partNumber=[4-9]/, async (route) => {
    if (held) await new Promise<void>((go) => waiting.push(go));
    await route.continue().catch(() => undefined);
  });
  await open(page, "#/buckets/paused/upload");
  await page.getByLabel("Add files").last().setInputFiles(info.outputPath("one.bin"));
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByText("24.0 MiB / 40.0 MiB").first()).toBeVisible();
  await page.getByRole("button", { name: "Pause one.bin" }).click();
  await expect(page.getByText("Paused", { exact: true })).toBeVisible();
  letGo();
  await page.getByRole("button", { name: "Resume one.bin" }).click();
  await expect(page.getByText("1 of 1 done").first()).toBeVisible();
  expect((await server.aws("s3api", "head-object", "--bucket", "paused", "--key", "one.bin")).ContentLength).toBe(40 * 1024 * 1024);

  held = true;
  await page.getByRole("button", { name: "Clear finished" }).click();
  await page.getByLabel("Add files").last().setInputFiles(info.outputPath("one.bin"));
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByText("24.0 MiB / 40.0 MiB").first()).toBeVisible();
  await page.getByRole("button", { name: "Cancel one.bin" }).click();
  await expect(page.getByText("Cancelled")).toBeVisible();
  letGo();
  expect((await server.aws("s3api", "list-multipart-uploads", "--bucket", "paused"))?.Uploads ?? []).toEqual([]);
});

test("browses by prefix, and finds a prefix", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "many");
  const put = (key: string) => server.aws("s3api", "put-object", "--bucket", "many", "--key", key);
  await put("folder/inside.txt");
  await put("zebra.txt");
  // The rest come by one client, because starting one for each takes long.
  await seed(server, "many", Array.from({ length: 12 }, (_, index) => `key-${index}`));
  await open(page, "#/buckets/many/objects");
  await expect(page.getByRole("link", { name: "folder/" })).toBeVisible();
  await expect(page.getByRole("link", { name: "zebra.txt" })).toBeVisible();
  await page.getByPlaceholder("Find objects by prefix").fill("key-1");
  await expect(page.getByRole("link", { name: "zebra.txt" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "key-11" })).toBeVisible();
  await expect(page.getByRole("link", { name: "folder/" })).toHaveCount(0);
  await page.getByPlaceholder("Find objects by prefix").fill("");
  await page.getByRole("link", { name: "folder/" }).click();
  await expect(page.getByRole("link", { name: "inside.txt" })).toBeVisible();
  await accessible(page, "objects");
});

test("takes files and folders that are dropped, with the events of the browser", async ({ console: page, server }, info) => {
  await server.aws("s3api", "create-bucket", "--bucket", "dropped");
  const folder = info.outputPath("album");
  // A reader of a folder gives a hundred entries at a time.
  await mkdir(join(folder, "deep"), { recursive: true });
  for (let index = 0; index < 105; index++) await writeFile(join(folder, `${String(index).padStart(3, "0")}.txt`), String(index));
  await writeFile(join(folder, "deep", "ü b.txt"), "below");
  await writeFile(info.outputPath("single.txt"), "single");
  await open(page, "#/buckets/dropped/upload?prefix=in/");
  const zone = page.getByText("Drop files and folders here").locator("xpath=ancestor::div[contains(@class, 'drop-zone')]");
  const place = await zone.boundingBox();
  if (!place) throw new Error("there is nowhere to drop");
  const [x, y] = [place.x + place.width / 2, place.y + place.height / 2];
  // As when the operating system drags: the browser itself makes the DataTransfer, with entries of real folders.
  const browser = await page.context().newCDPSession(page);
  const data = { items: [], files: [folder, info.outputPath("single.txt")], dragOperationsMask: 1 };
  await browser.send("Input.dispatchDragEvent", { type: "dragEnter", x, y, data });
  await browser.send("Input.dispatchDragEvent", { type: "dragOver", x, y, data });
  await expect(zone).toHaveClass(/over/);
  await browser.send("Input.dispatchDragEvent", { type: "drop", x, y, data });
  await expect(zone).not.toHaveClass(/over/);
  await expect(page.getByRole("heading", { name: /^Files and folders \(107, / })).toBeVisible();
  await page.getByRole("button", { name: "Upload", exact: true }).click();
  await expect(page.getByText("107 of 107 done").first()).toBeVisible({ timeout: 60_000 });
  const { Contents } = await server.aws("s3api", "list-objects-v2", "--bucket", "dropped");
  const keys = Contents.map((each: { Key: string }) => each.Key);
  expect(keys).toHaveLength(107);
  expect(keys).toEqual(expect.arrayContaining(["in/album/000.txt", "in/album/104.txt", "in/album/deep/ü b.txt", "in/single.txt"]));
  // Elsewhere on the page a file that is dropped does not take the page away.
  await browser.send("Input.dispatchDragEvent", { type: "dragEnter", x: 700, y: 60, data });
  await browser.send("Input.dispatchDragEvent", { type: "dragOver", x: 700, y: 60, data });
  await browser.send("Input.dispatchDragEvent", { type: "drop", x: 700, y: 60, data });
  await expect(page.getByText("107 of 107 done").first()).toBeVisible();
});

test("scrolls through twenty thousand keys without holding them", async ({ console: page, server }) => {
  const KEYS = 20_000;
  // Two hundred pages take their time on a machine that does other things too.
  test.setTimeout(300_000);
  await seedByAnybody(server, "endless", KEYS);
  await open(page, "#/buckets/endless/objects");
  await expect(page.getByRole("heading", { name: /^Objects \(1–/ })).toBeVisible();
  const end = page.getByText("This is the end.");
  const most = { rows: 0, nodes: 0 };
  for (let turn = 0; !(await end.isVisible()); turn++) {
    expect(turn).toBeLessThan(KEYS / 50);
    const seen = await page.evaluate(() => {
      const last = () => [...document.querySelectorAll<HTMLElement>("[data-key]")].at(-1)?.dataset.key;
      const before = last();
      scrollTo(0, document.documentElement.scrollHeight);
      return new Promise<{ rows: number; nodes: number }>((done) => {
        const look = () => {
          const rows = document.querySelectorAll("[data-key]").length;
          const isOver = last() !== before || /This is the end/.test(document.body.textContent ?? "");
          if (isOver) done({ rows, nodes: document.querySelectorAll("*").length });
          else requestAnimationFrame(look);
        };
        look();
      });
    });
    most.rows = Math.max(most.rows, seen.rows);
    most.nodes = Math.max(most.nodes, seen.nodes);
  }
  await expect(page.getByRole("link", { name: "key-019999" })).toBeVisible();
  expect(most.rows).toBeLessThanOrEqual(300);
  expect(most.nodes).toBeLessThan(20_000);
  // Upwards what was let go comes again, and nothing jumps.
  await page.evaluate(() => scrollTo(0, 0));
  await expect(page.getByRole("heading", { name: /^Objects \(19,6\d\d–19,9/ })).toBeVisible();
  await page.getByRole("button", { name: "Back to the beginning" }).click();
  await expect(page.getByRole("link", { name: "key-000000" })).toBeVisible();
});

test("copies, moves, renames, restores and deletes", async ({ console: page, server }) => {
  await server.aws("s3api", "create-bucket", "--bucket", "desk");
  await server.aws("s3api", "put-bucket-versioning", "--bucket", "desk", "--versioning-configuration", "Status=Enabled");
  await seed(server, "desk", ["a.txt", "b.txt", "f/one", "f/two"]);
  await open(page, "#/buckets/desk/objects");
  const act = async (key: string, action: string) => {
    await page.getByRole("checkbox", { name: key, exact: true }).click();
    await page.getByRole("button", { name: "Actions" }).click();
    await page.getByRole("menuitem", { name: action, exact: true }).click();
    return page.getByRole("dialog");
  };
  let dialog = await act("f/", "Copy");
  await dialog.getByLabel("Destination").fill("s3://desk/copy/");
  await dialog.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByText("Copied 2 objects.")).toBeVisible();
  dialog = await act("a.txt", "Rename");
  await dialog.getByLabel("New name").fill("c.txt");
  await dialog.getByRole("button", { name: "Rename" }).click();
  await expect(page.getByText("Renamed a.txt to c.txt.")).toBeVisible();
  dialog = await act("b.txt", "Move");
  await dialog.getByLabel("Destination").fill("s3://desk/f/");
  await dialog.getByRole("button", { name: "Move" }).click();
  await expect(page.getByText("Moved 1 object.")).toBeVisible();
  dialog = await act("f/", "Delete");
  await dialog.getByRole("textbox").fill("delete");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("Deleted 3 objects.")).toBeVisible();
  const { Contents } = await server.aws("s3api", "list-objects-v2", "--bucket", "desk");
  expect(Contents.map((each: { Key: string }) => each.Key)).toEqual(["c.txt", "copy/f/one", "copy/f/two"]);

  await page.getByText("Show versions").click();
  await expect(page.getByText("Delete marker").first()).toBeVisible();
  await open(page, "#/buckets/desk/object?key=c.txt&tab=versions");
  await expect(page.getByRole("tab", { name: "Preview" })).toBeVisible();
  await expect(page.getByText("(current)")).toBeVisible();
  await accessible(page, "object-versions");
});

test("shows and edits an object, links to it, and looks into it", async ({ console: page, server }, info) => {
  await server.aws("s3api", "create-bucket", "--bucket", "one");
  await writeFile(info.outputPath("note.txt"), "look <b>at</b> me");
  await server.aws("s3api", "put-object", "--bucket", "one", "--key", "d/note.txt", "--body", info.outputPath("note.txt"), "--content-type", "text/plain", "--metadata", "a=1");
  await open(page, "#/buckets/one/object?key=d%2Fnote.txt");
  await expect(page.getByText("x-amz-meta-a")).toBeVisible();
  await accessible(page, "object");
  await page.getByRole("button", { name: "Edit: Metadata" }).click();
  await page.getByLabel("Value 2").fill("2");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved: Metadata.")).toBeVisible();
  const head = await server.aws("s3api", "head-object", "--bucket", "one", "--key", "d/note.txt");
  expect([head.Metadata, head.ContentType]).toEqual([{ a: "2" }, "text/plain"]);
  await page.getByRole("button", { name: "Share with a presigned URL" }).click();
  await page.getByRole("button", { name: "Create link" }).click();
  const link = await page.getByText(/X-Amz-Signature=/).innerText();
  const answer = await fetch(link);
  expect([answer.status, await answer.text()]).toEqual([200, "look <b>at</b> me"]);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download" }).click();
  expect((await download).suggestedFilename()).toBe("note.txt");
  await page.getByRole("tab", { name: "Preview" }).click();
  await expect(page.getByText("look <b>at</b> me")).toBeVisible();
  await accessible(page, "preview");
});

/** Many empty objects by the page's own client would prove nothing; the CLI syncs a directory. */
async function seed(server: import("./server").Server, bucket: string, keys: string[]): Promise<void> {
  const { mkdtemp, rm } = await import("node:fs/promises");
  const { tmpdir } = await import("node:os");
  const directory = await mkdtemp(join(tmpdir(), "grantry-seed-"));
  for (const key of keys) {
    await mkdir(join(directory, key, ".."), { recursive: true });
    await writeFile(join(directory, key), key);
  }
  await server.sync(directory, bucket);
  await rm(directory, { recursive: true });
}

/** Very many empty objects: without signatures, because those of this program cost more than the requests. */
async function seedByAnybody(server: import("./server").Server, bucket: string, count: number): Promise<void> {
  await server.aws("s3api", "create-bucket", "--bucket", bucket);
  await server.aws("s3api", "delete-public-access-block", "--bucket", bucket);
  const statement = { Effect: "Allow", Principal: "*", Action: "s3:PutObject", Resource: `arn:aws:s3:::${bucket}/*` };
  await server.aws("s3api", "put-bucket-policy", "--bucket", bucket, "--policy", JSON.stringify({ Version: "2012-10-17", Statement: [statement] }));
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const key = `key-${String(next++).padStart(6, "0")}`;
      const { ok, status } = await fetch(`${server.url}/${bucket}/${key}`, { method: "PUT", body: "" });
      if (!ok) throw new Error(`${key} was answered with ${status}`);
    }
  };
  await Promise.all(Array.from({ length: 64 }, worker));
  await server.aws("s3api", "delete-bucket-policy", "--bucket", bucket);
}
