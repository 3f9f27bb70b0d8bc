// Serves the page of this folder on this machine: `node examples/web/serve.js [port]`. Browsers let a page that was
// opened as a file have no origin of its own, and a gateway cannot tell such a page from any other without one.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";

const PORT = 8090;
const HOST = "127.0.0.1";

const server = createServer((request, response) => {
  const isPage = request.method === "GET" && new URL(request.url ?? "/", "http://page").pathname === "/";
  response.writeHead(isPage ? 200 : 404, { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" });
  response.end(isPage ? readFileSync(join(import.meta.dirname, "index.html")) : "there is only /");
});

server.on("error", (error) => {
  process.stderr.write(`cannot serve the page: ${error.message}\n`);
  process.exitCode = 1;
});
server.listen(Number(process.argv[2] ?? PORT), HOST, () => {
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  process.stdout.write(`open http://${HOST}:${port}/\n`);
});
