// Serves a local Kinesis on loopback, on a free port that it prints, until its input ends.
const kinesalite = require('kinesalite')

const server = kinesalite({createStreamMs: 1, deleteStreamMs: 1, updateStreamMs: 1, shardLimit: 100})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
process.stdin.on('end', () => process.exit(0)).resume()
