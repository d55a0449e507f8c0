const { readFileSync } = require("node:fs");
const [generated, basePath, path] = process.argv.slice(2);
const { Configuration, PhotoApi } = require(generated);

async function call() {
  const photos = new PhotoApi(new Configuration({ basePath }));
  const image = new Blob([readFileSync(path)]);
  const judged = await photos.judgePortrait({ image });
  const found = await photos.findPortrait({ image });
  const refused = await photos.judgePortrait({ image: new Blob([]) }).catch((error) => error.response.json());
  if (refused.code !== "image_missing") throw new Error(JSON.stringify(refused));
  console.log(judged.verdict, found.rotation);
}

call();
