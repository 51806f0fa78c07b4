// MCP servers over HTTP on the protocol's own SDKs. Its argument chooses one: stateful (sessions,
// streams that can be taken up again), stateless (one JSON an answer), modern (2026-07-28). Prints
// its URL. Every request needs the secret "sesame"; whoever stops the stdin ends it.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { InMemoryEventStore } from
  "@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from
  "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { McpServer as ModernServer, createMcpHandler, fromJsonSchema } from
  "@modelcontextprotocol/server";

const mode = process.argv[2];
const text = (words) => ({ content: [{ type: "text", text: words }] });
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sessions = new Map();
const cancelled = [];
let grown = false;
let changed = () => {};

function addTools(server, schema) {
  const add = (name, call, inputSchema) =>
    server.registerTool(name, { description: `does ${name}`, inputSchema }, call);
  const addNew = () => add("new_one", async () => text("I am new"));
  add("hello", async () => text("hello there"));
  add("fail", async () => { throw new Error("it broke"); });
  add("cancelled", async () => text(JSON.stringify(cancelled)));
  add("slow", async (...given) => {
    const context = given.at(-1);
    const signal = context.signal ?? context.mcpReq?.signal;
    signal?.addEventListener("abort", () => cancelled.push("slow"));
    await wait(20000);
    return text("at last");
  });
  add("grow", async () => {
    grown = true;
    addNew();
    changed();
    return text("grown");
  });
  add("forget", async () => {
    setTimeout(() => sessions.clear(), 50);
    return text("forgotten");
  });
  if (mode === "stateful") {
    add("poll", async (context) => {
      await wait(100);
      context.closeSSEStream?.();
      await wait(300);
      return text("polled");
    });
  }
  if (schema) {
    add("route", async ({ region }) => text(`routed to ${region}`), schema);
  }
  if (grown) {
    addNew();
  }
  return server;
}

const legacy = () => addTools(new McpServer({ name: "http", version: "1.0.0" }));

async function stateful(request, response) {
  let transport = sessions.get(request.headers["mcp-session-id"]);
  if (!transport && request.headers["mcp-session-id"]) {
    response.writeHead(404).end();
    return;
  }
  if (!transport) {
    transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID, eventStore: new InMemoryEventStore(), retryInterval: 100,
      onsessioninitialized: (id) => sessions.set(id, transport),
    });
    transport.onclose = () => console.error(`closed ${transport.sessionId}`);
    await legacy().connect(transport);
  }
  await transport.handleRequest(request, response);
}

async function stateless(request, response) {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: undefined, enableJsonResponse: true });
  await legacy().connect(transport);
  await transport.handleRequest(request, response);
}

function modern() {
  const schema = fromJsonSchema({ type: "object", properties: {
    region: { type: "string", "x-mcp-header": "Region" } }, required: ["region"] });
  const handler = createMcpHandler(() => addTools(
    new ModernServer({ name: "http", version: "2.0.0" }), schema), { legacy: "reject" });
  changed = () => handler.notify.toolsChanged();
  return toNodeHandler(handler);
}

const handle = { stateful, stateless, modern: mode === "modern" ? modern() : null }[mode];
const server = createServer((request, response) => {
  if (request.headers.authorization !== "Bearer sesame") {
    response.writeHead(401, { "WWW-Authenticate": "Bearer" }).end();
    return;
  }
  handle(request, response);
});
server.listen(0, "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${server.address().port}/mcp`));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
