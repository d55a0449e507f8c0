const { readFileSync } = require("node:fs");
const [generated, basePath, path] = process.argv.slice(2);
const { Configuration, PhotoApi } = require(generated);

async function call() {
  const photos = new PhotoApi(new Configuration({ basePath }));
  const image = new Blob([readFileSync(path)]);
  const judged = await photos.judgePortrait({ image });
  const found = await photos.findPortrait({ image });
  console.log(judged.verdict, found.rotation);
}

call();
