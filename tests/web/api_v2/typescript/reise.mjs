// A journey with the official TypeScript client; every answer is checked against the client's own schema.
// Arguments: folder with node_modules, folder with the models, prefix of all ids. Address and log-in stand in the environment.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const [, , frontend, models, name] = process.argv;
const { createCamundaClient } = createRequire(path.join(frontend, 'package.json'))('@camunda8/orchestration-cluster-api');

// Requests are sent as written: where several shapes are allowed (paging), the client's own check keeps the fields of the first only.
const client = createCamundaClient({ config: { CAMUNDA_SDK_VALIDATION: 'req:none,res:strict', CAMUNDA_SDK_LOG_LEVEL: 'error' } });
const AT_ONCE = { consistency: { waitUpToMs: 0 } };
const EVENTUALLY = { consistency: { waitUpToMs: 10_000, pollIntervalMs: 50 } };
const file = (part) => new File([readFileSync(path.join(models, part))], part);

async function tasks(processInstanceKey, state = 'CREATED') {
  const found = await client.searchUserTasks({ filter: { processInstanceKey, state } }, EVENTUALLY);
  return found.items;
}

async function state(processInstanceKey) {
  return (await client.getProcessInstance({ processInstanceKey }, EVENTUALLY)).state;
}

async function until(condition, what) {
  for (let turn = 0; turn < 200; turn += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(what);
}

const steps = {
  async topology() {
    const topology = await client.getTopology();
    assert.equal(topology.brokers[0].partitions[0].health, 'healthy');
    assert.equal((await client.getAuthentication()).username, 'verwaltung');
    assert.equal((await client.getLicense()).validLicense, true);
  },

  async deployment() {
    const done = await client.createDeployment({
      resources: ['aufgabe.bpmn', 'auftrag.bpmn', 'nachricht.bpmn', 'signal.bpmn', 'zeit.bpmn', 'fehler.bpmn', 'entscheidung.dmn', 'fragen.form'].map(file),
    });
    assert.equal(done.processes.length, 6);
    assert.equal(done.decisions[0].decisionDefinitionId, `${name}_entscheidung`);
    assert.equal(done.forms[0].formId, `${name}_fragen`);
    const key = done.processes[0].processDefinitionKey;
    assert.equal((await client.getProcessDefinition({ processDefinitionKey: key }, EVENTUALLY)).version, 1);
    assert.match(await client.getProcessDefinitionXml({ processDefinitionKey: key }, EVENTUALLY), /<bpmn:definitions/);
    const definitions = await client.searchProcessDefinitions(
      { filter: { processDefinitionId: { $like: `${name}_*` }, isLatestVersion: true }, sort: [{ field: 'tenantId' }, { field: 'name' }], page: { limit: 3 } }, EVENTUALLY);
    assert.equal(definitions.items.length, 3);
    assert.equal(definitions.page.totalItems, 6);
    const rest = await client.searchProcessDefinitions(
      { filter: { processDefinitionId: { $like: `${name}_*` }, isLatestVersion: true }, sort: [{ field: 'tenantId' }, { field: 'name' }],
        page: { limit: 10, after: definitions.page.endCursor } }, EVENTUALLY);
    assert.equal(rest.items.length, 3);
  },

  async userTask() {
    const started = await client.createProcessInstance({ processDefinitionId: `${name}_aufgabe`, variables: { alter: 12 }, tags: ['eilig'] });
    const [task] = await tasks(started.processInstanceKey);
    const userTaskKey = task.userTaskKey;
    assert.equal((await client.getUserTaskForm({ userTaskKey }, EVENTUALLY)).formId, `${name}_fragen`);
    await client.assignUserTask({ userTaskKey, assignee: 'verwaltung' });
    await client.updateUserTask({ userTaskKey, changeset: { priority: 80, dueDate: '2027-01-01T10:00:00Z', candidateGroups: ['fallmanagement'] } });
    const updated = await client.getUserTask({ userTaskKey }, EVENTUALLY);
    assert.deepEqual([updated.assignee, updated.priority, updated.dueDate], ['verwaltung', 80, '2027-01-01T10:00:00.000Z']);
    const seen = await client.searchUserTaskVariables({ userTaskKey, filter: { name: 'alter' } }, EVENTUALLY);
    assert.deepEqual(seen.items.map((v) => [v.name, v.value]), [['alter', '12']]);
    await client.unassignUserTask({ userTaskKey });
    await assert.rejects(client.completeUserTask({ userTaskKey, variables: { antwort: 5 } }), (error) => error.status === 400);
    await client.completeUserTask({ userTaskKey, variables: { antwort: 'ja' } });
    await assert.rejects(client.completeUserTask({ userTaskKey, variables: { antwort: 'ja' } }), (error) => error.status === 409);
    assert.equal(await state(started.processInstanceKey), 'COMPLETED');
    const variables = await client.searchVariables({ filter: { processInstanceKey: started.processInstanceKey }, sort: [{ field: 'name' }] }, EVENTUALLY);
    assert.deepEqual(variables.items.map((v) => [v.name, v.value]), [['alter', '12'], ['antwort', '"ja"']]);
    const elements = await client.searchElementInstances({ filter: { processInstanceKey: started.processInstanceKey, state: 'COMPLETED' } }, EVENTUALLY);
    assert.ok(elements.items.some((e) => e.elementId === 'fragen' && e.type === 'USER_TASK'));
    const instances = await client.searchProcessInstances({ filter: { tags: ['eilig'], processDefinitionId: `${name}_aufgabe`, hasIncident: false } }, EVENTUALLY);
    assert.deepEqual(instances.items.map((i) => i.processInstanceKey), [started.processInstanceKey]);
  },

  async worker() {
    const handled = [];
    const worker = client.createJobWorker({
      jobType: `${name}_auftrag`, maxParallelJobs: 5, jobTimeoutMs: 10_000, pollIntervalMs: 20, workerName: 'pruefung', startupJitterMaxSeconds: 0,
      jobHandler: async (job) => {
        handled.push([job.elementId, job.variables.n, job.customHeaders.ziel]);
        if (job.variables.n === 3 && job.retries > 1) return job.fail({ errorMessage: 'noch einmal', retries: job.retries - 1, retryBackOff: 0 });
        if (job.variables.n === 4) return job.error({ errorCode: 'abgelehnt', errorMessage: 'nein' });
        return job.complete({ quadrat: job.variables.n ** 2 });
      },
    });
    const started = [];
    for (const n of [1, 2, 3, 4]) started.push((await client.createProcessInstance({ processDefinitionId: `${name}_auftrag`, variables: { n } })).processInstanceKey);
    for (const key of started) await until(async () => (await state(key)) === 'COMPLETED', `${key} did not end`);
    const result = await client.createProcessInstance({
      processDefinitionId: `${name}_auftrag`, variables: { n: 7 }, awaitCompletion: true, requestTimeout: 10_000, fetchVariables: ['quadrat'] });
    assert.deepEqual(result.variables, { quadrat: 49 });
    await worker.stopGracefully({ waitUpToMs: 5000 });
    assert.equal(handled.filter(([, n]) => n === 3).length, 3);
    assert.deepEqual(handled[0], ['tun', 1, 'archiv']);
    const jobs = await client.searchJobs({ filter: { type: `${name}_auftrag`, kind: 'BPMN_ELEMENT' }, sort: [{ field: 'jobKey' }] }, EVENTUALLY);
    assert.deepEqual(jobs.items.map((j) => j.state), ['COMPLETED', 'COMPLETED', 'COMPLETED', 'ERROR_THROWN', 'COMPLETED']);
  },

  async message() {
    const { processInstanceKey } = await client.createProcessInstance({ processDefinitionId: `${name}_nachricht`, variables: { nummer: '7' } });
    const waiting = await client.searchMessageSubscriptions({ filter: { processInstanceKey } }, EVENTUALLY);
    assert.deepEqual(waiting.items.map((s) => [s.messageName, s.correlationKey]), [[`antwort_${name}`, '7']]);
    await client.publishMessage({ name: `antwort_${name}`, correlationKey: '7', timeToLive: 60_000, messageId: 'm1', variables: { ja: true } });
    assert.equal(await state(processInstanceKey), 'COMPLETED');
    const other = await client.createProcessInstance({ processDefinitionId: `${name}_nachricht`, variables: { nummer: '8' } });
    const done = await client.correlateMessage({ name: `antwort_${name}`, correlationKey: '8', variables: {} });
    assert.equal(done.processInstanceKey, other.processInstanceKey);
    await assert.rejects(client.correlateMessage({ name: `antwort_${name}`, correlationKey: '9' }), (error) => error.status === 404);
  },

  async signal() {
    const { processInstanceKey } = await client.createProcessInstance({ processDefinitionId: `${name}_signal` });
    await client.broadcastSignal({ signalName: `signal_${name}`, variables: { laut: true } });
    assert.equal(await state(processInstanceKey), 'COMPLETED');
  },

  async incident() {
    const { processInstanceKey } = await client.createProcessInstance({ processDefinitionId: `${name}_fehler`, variables: { weg: 'keiner' } });
    const found = await client.searchIncidents({ filter: { processInstanceKey, state: 'ACTIVE' } }, EVENTUALLY);
    assert.equal(found.items.length, 1);
    const { incidentKey, elementInstanceKey } = found.items[0];
    assert.equal((await client.getIncident({ incidentKey }, EVENTUALLY)).elementId, 'weiche');
    assert.equal((await client.getProcessInstance({ processInstanceKey }, EVENTUALLY)).hasIncident, true);
    assert.ok(elementInstanceKey);
    await client.createElementInstanceVariables({ elementInstanceKey: processInstanceKey, variables: { weg: 'a' } });
    await client.resolveIncident({ incidentKey });
    assert.equal(await state(processInstanceKey), 'COMPLETED');
  },

  async decision() {
    const done = await client.evaluateDecision({ decisionDefinitionId: `${name}_entscheidung`, variables: { alter: 12 } });
    assert.equal(done.output, '"jugendamt"');
    assert.equal(done.evaluatedDecisions[0].matchedRules[0].ruleId, 'r1');
    const definitions = await client.searchDecisionDefinitions({ filter: { decisionDefinitionId: `${name}_entscheidung` } }, EVENTUALLY);
    assert.equal(definitions.items[0].name, 'Stelle bestimmen');
  },

  async clock() {
    const { processInstanceKey } = await client.createProcessInstance({ processDefinitionId: `${name}_zeit` });
    await client.pinClock({ timestamp: Date.now() + 3 * 24 * 3600 * 1000 });
    try {
      await until(async () => (await state(processInstanceKey)) === 'COMPLETED', 'the timer did not fire');
    } finally {
      await client.resetClock();
    }
  },

  async cancel() {
    const { processInstanceKey } = await client.createProcessInstance({ processDefinitionId: `${name}_aufgabe` });
    await client.cancelProcessInstance({ processInstanceKey });
    assert.equal(await state(processInstanceKey), 'TERMINATED');
    await assert.rejects(client.cancelProcessInstance({ processInstanceKey }), (error) => error.status === 404);
    await assert.rejects(client.createProcessInstance({ processDefinitionId: 'gibt_es_nicht' }), (error) => error.status === 400);
    const none = await client.searchUserTasks({ filter: { processInstanceKey, state: 'CREATED' } }, AT_ONCE);
    assert.deepEqual(none.items, []);
  },
};

let failed = 0;
for (const [step, run] of Object.entries(steps)) {
  try {
    await run();
    console.log(`ok ${step}`);
  } catch (error) {
    failed += 1;
    console.log(`failed ${step}: ${error.stack ?? error}`.slice(0, 3000));
  }
}
process.exit(failed ? 1 : 0);
