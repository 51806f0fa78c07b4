// An MCP server on the protocol's own SDK, whose list of tools changes while it runs.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";

const server = new McpServer({ name: "changing", version: "1.0.0" });
const text = (words) => ({ content: [{ type: "text", text: words }] });
let added;

server.registerTool("grow", { description: "adds a tool" }, async () => {
  added = server.registerTool("new_one", { description: "the new one" },
    async () => text("I am new"));
  return text("grown");
});
server.registerTool("shrink", { description: "takes it away" }, async () => {
  added.remove();
  return text("shrunk");
});
server.registerTool("fail", { description: "throws" }, async () => {
  throw new Error("it broke");
});
server.registerTool("slow", { description: "takes a minute" }, async () => {
  await new Promise((resolve) => setTimeout(resolve, 60000));
  return text("at last");
});
await server.connect(new StdioServerTransport());
