/** A real server on a free port with a directory of its own, for each worker. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

export class Server {
  private constructor(
    private readonly child: ChildProcess,
    private readonly directory: string,
    readonly url: string,
    readonly root: Keys,
  ) {}

  static async start(): Promise<Server> {
    const binary = resolve(process.env.GRANTRY_BINARY ?? "../target/debug/grantry");
    const directory = await mkdtemp(join(tmpdir(), "grantry-console-"));
    const root = { accessKeyId: "AKIACONSOLETESTROOT1", secretAccessKey: "console/test+secret-of-root/0123456789ab" };
    const child = spawn(binary, ["serve"], {
      cwd: directory,
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        PATH: process.env.PATH,
        GRANTRY_LISTEN: "127.0.0.1:0",
        GRANTRY_DATA_DIR: join(directory, "data"),
        GRANTRY_ROOT_ACCESS_KEY_ID: root.accessKeyId,
        GRANTRY_ROOT_SECRET_ACCESS_KEY: root.secretAccessKey,
        GRANTRY_WATCH_TEXTFILES: join(directory, "mastodon.prom"),
        GRANTRY_LOG: "warn",
      },
    });
    const url = await new Promise<string>((found, failed) => {
      let text = "";
      child.stdout?.on("data", (chunk) => {
        text += String(chunk);
        const match = /listening on (\S+)\n/.exec(text);
        if (match?.[1]) found(match[1]);
      });
      child.once("exit", (code) => failed(new Error(`the server ended with ${code}: ${text}`)));
    });
    return new Server(child, directory, url, root);
  }

  get console(): string {
    return `${this.url}/_grantry/console/`;
  }

  /** What the AWS CLI answers, as JSON. */
  async aws<T = any>(service: string, ...args: string[]): Promise<T> {
    return this.awsAs(this.root, service, ...args);
  }

  /** What `grantry watch` would have left for the server to show. */
  async watchReport(text: string): Promise<void> {
    await writeFile(join(this.directory, "mastodon.prom"), text);
  }

  /** Uploads a directory with all that is in it. */
  async sync(directory: string, bucket: string): Promise<void> {
    await this.run(this.root, ["s3", "sync", "--quiet", directory, `s3://${bucket}/`]);
  }

  async awsAs<T = any>(keys: Keys, service: string, ...args: string[]): Promise<T> {
    const stdout = await this.run(keys, [service, ...args, "--output", "json"]);
    return (stdout.trim() ? JSON.parse(stdout) : undefined) as T;
  }

  private async run(keys: Keys, args: string[]): Promise<string> {
    const env = {
      PATH: process.env.PATH,
      HOME: this.directory,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_DEFAULT_REGION: "us-east-1",
      AWS_EC2_METADATA_DISABLED: "true",
    };
    const program = process.env.AWS_CLI ?? "aws";
    const { stdout } = await run(program, [...args, "--endpoint-url", this.url], { env, cwd: this.directory, maxBuffer: 1 << 26 });
    return stdout;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGTERM");
    await ended;
    await rm(this.directory, { recursive: true, force: true });
  }
}
