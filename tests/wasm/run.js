// SPDX-License-Identifier: BSD-2-Clause
// Runs a program that tools/checks/wasm.py built: `node run.js PROGRAM.wasm`; its exit status is main's.
"use strict";
const fs = require("fs");

let memory;
const put = (file, text, n) => fs.writeSync(file, new Uint8Array(memory.buffer, text >>> 0, n >>> 0));
const module_ = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
const instance = new WebAssembly.Instance(module_, { env: { put } });
memory = instance.exports.memory;
process.exitCode = instance.exports.program();
