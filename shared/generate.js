// Writes the page's types from the schemas; with --check it only compares, and fails when they differ.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'

const options = {
  additionalProperties: false,
  style: { singleQuote: true, semi: false, printWidth: 110 },
}

const outputs = [
  { name: 'VivavoceEvents', source: 'events.schema.json', target: 'contract.gen.ts' },
  { name: 'VivavoceAccess', source: 'access.schema.json', target: 'access.gen.ts' },
  { name: 'VivavoceOperator', source: 'operator.schema.json', target: 'operator.gen.ts' },
  { name: 'VivavoceReview', source: 'review.schema.json', target: 'review.gen.ts' },
]

for (const { name, source, target } of outputs) {
  const file = new URL(`../apps/web/src/${target}`, import.meta.url)
  const types = await typesOf(name, source)
  if (!process.argv.includes('--check')) {
    await writeFile(file, types)
    console.log(`wrote ${fileURLToPath(file)}`)
  } else if ((await readFile(file, 'utf8').catch(() => '')) !== types) {
    console.error(`apps/web/src/${target} is not what shared/${source} says.`)
    console.error('Run `pnpm --filter @vivavoce/shared generate` and commit the result.')
    process.exit(1)
  }
}

async function typesOf(name, source) {
  const text = await readFile(new URL(source, import.meta.url), 'utf8')
  const banner = `// Generated from shared/${source} by \`pnpm --filter @vivavoce/shared generate\`. Do not edit.`
  const names = new Set()
  const schema = JSON.parse(text, (_, value) => {
    const found = /^events\.schema\.json#\/\$defs\/(\w+)$/.exec(value?.$ref ?? '')
    if (!found) return value
    names.add(found[1])
    const { $ref, ...rest } = value
    return { ...rest, tsType: found[1] } // its type is in the other file
  })
  const imports = [...names].sort().join(', ')
  return compile(schema, name, {
    ...options,
    bannerComment: imports ? `${banner}\nimport type { ${imports} } from './contract.gen'\n` : banner,
  })
}
