// An MCP server on the protocol's own SDK with one tool that does nothing, for bench-plugins.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

const server = new McpServer({ name: 'empty', version: '1.0.0' });
server.registerTool('empty', { description: 'does nothing' },
  async () => ({ content: [{ type: 'text', text: '{}' }] }));
await server.connect(new StdioServerTransport());
