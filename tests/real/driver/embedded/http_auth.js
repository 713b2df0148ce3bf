// http-auth on Node's own server; the file is loaded anew for each connection, as at a start. What throws while a user is
// looked for ends the process, as it does in a server of this kind.
//
//     node http_auth.js MODULES FILE PORT
//
// A file that keeps http-auth from starting is answered with status 599.
const [modules, file, port] = process.argv.slice(2);
const auth = require(modules + "/http-auth");
let check = null;
const server = require("http").createServer((request, response) => check && check(request, response));
server.prependListener("connection", (socket) => {
  try {
    const basic = auth.basic({ realm: "x", file });
    check = basic.check((request, response) => response.end("in"));
  } catch (error) {
    check = null;
    socket.end("HTTP/1.1 599 Refused\r\n\r\n");
  }
});
server.listen(+port, "127.0.0.1");
