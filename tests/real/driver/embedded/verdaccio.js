// Verdaccio's own server; its table of users is emptied before each login, as it is at a start.
//
//     node verdaccio.js MODULES CONFIG PORT
const [modules, config, port] = process.argv.slice(2);
const { HTPasswd } = require(modules + "/verdaccio-htpasswd");
const authenticate = HTPasswd.prototype.authenticate;
HTPasswd.prototype.authenticate = function (user, password, done) {
  this.users = {};
  return authenticate.call(this, user, password, done);
};
const { runServer } = require(modules + "/verdaccio");
runServer(config).then((server) => server.listen(+port, "127.0.0.1"));
