// A device that asks for a thing that does not exist, which its policy allows it.

import { Device } from "./device.mjs";
import { end } from "./harness.mjs";

const device = await Device.connect();
const thingName = "nobody";
await device.fails("ResourceNotFound", "GetPendingJobExecutions", { thingName });
await device.fails("ResourceNotFound", "StartNextPendingJobExecution", { thingName });
await device.fails("ResourceNotFound", "DescribeJobExecution", { thingName, jobId: "$next" });
await device.fails("ResourceNotFound", "UpdateJobExecution",
  { thingName, jobId: "one", status: "SUCCEEDED" });
await device.close();
end();
