// The dashboard without a person: what is refused, with which code and words, before anything is written.
#include <QDir>
#include <QFile>
#include <QImage>
#include <QProcess>
#include <QTemporaryDir>

#include "gui/app/launch_options.h"

namespace meshmall::gui {
namespace {

struct Said {
  int code = -1;
  QString out, err;
};

Said launched(const QStringList& arguments) {
  QProcess program;
  program.start(QStringLiteral(MESHMALL_GUI_PROGRAM), arguments);
  if (!program.waitForFinished(60'000)) {
    program.kill();
    program.waitForFinished();
    return {-1, {}, QStringLiteral("did not end")};
  }
  return {program.exitCode(), QString::fromUtf8(program.readAllStandardOutput()), QString::fromUtf8(program.readAllStandardError())};
}

class LaunchedDashboard : public ::testing::Test {
 protected:
  QString fileOf(const QString& name, const QByteArray& bytes) {
    QFile file(folder_.filePath(name));
    EXPECT_TRUE(file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size());
    return file.fileName();
  }
  QByteArray bytesOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  QTemporaryDir folder_;
};

TEST_F(LaunchedDashboard, TheResultIsNeverWrittenOverTheScenario) {
  const QByteArray text = bytesOf(QStringLiteral("scenarios/bakery.json"));
  ASSERT_FALSE(text.isEmpty());
  const QString path = fileOf(QStringLiteral("mall.json"), text), link = folder_.filePath(QStringLiteral("link.json"));
  ASSERT_TRUE(QFile::link(path, link));
  for (const QString& result : {path, link, folder_.path() + QStringLiteral("/./mall.json")}) {
    const Said said = launched({path, QStringLiteral("--run"), QStringLiteral("--exit"), QStringLiteral("--result"), result});
    EXPECT_EQ(said.code, 2) << said.err.toStdString();
    EXPECT_TRUE(said.err.contains(QStringLiteral("would overwrite"))) << said.err.toStdString();
  }
  EXPECT_EQ(bytesOf(path), text);
}

TEST_F(LaunchedDashboard, AScenarioThatIsWrongIsToldWithItsPlaces) {
  const QString path = fileOf(QStringLiteral("wrong.json"), "{\"meshmall\": 1,\n \"run\": {\"duration\": \"-1s\"},\n \"services\": {}, \"traffic\": 3}");
  const Said said = launched({path, QStringLiteral("--run"), QStringLiteral("--exit")});
  EXPECT_EQ(said.code, 2);
  EXPECT_TRUE(said.err.contains(QStringLiteral("wrong.json:2:22: /run/duration: "))) << said.err.toStdString();
  EXPECT_TRUE(said.err.contains(QStringLiteral("/traffic: "))) << said.err.toStdString();
}

TEST_F(LaunchedDashboard, WhatCannotBeReadIsRefusedAtOnceWithTheReason) {
  const Said folder = launched({folder_.path(), QStringLiteral("--run"), QStringLiteral("--exit")});
  EXPECT_EQ(folder.code, 2);
  EXPECT_TRUE(folder.err.contains(QStringLiteral("is to be imported; `meshmall import`"))) << folder.err.toStdString();
  const Said empty = launched({folder_.path(), QStringLiteral("--exit")});
  EXPECT_EQ(empty.code, 2);
  EXPECT_TRUE(empty.err.contains(folder_.path())) << empty.err.toStdString();
  const Said missing = launched({folder_.filePath(QStringLiteral("none.json")), QStringLiteral("--run"), QStringLiteral("--exit")});
  EXPECT_EQ(missing.code, 6);
  EXPECT_TRUE(missing.err.contains(QStringLiteral("No such file"))) << missing.err.toStdString();
  QFile large(folder_.filePath(QStringLiteral("large.json")));
  ASSERT_TRUE(large.open(QIODevice::WriteOnly) && large.resize(40LL << 20));
  const Said huge = launched({large.fileName(), QStringLiteral("--run"), QStringLiteral("--exit")});
  EXPECT_EQ(huge.code, 2);
  EXPECT_TRUE(huge.err.contains(QStringLiteral("larger than 32 MiB"))) << huge.err.toStdString();
  QProcess::execute(QStringLiteral("mkfifo"), {folder_.filePath(QStringLiteral("pipe.json"))});
  const Said pipe = launched({folder_.filePath(QStringLiteral("pipe.json")), QStringLiteral("--run"), QStringLiteral("--exit")});
  EXPECT_EQ(pipe.code, 2);
  EXPECT_TRUE(pipe.err.contains(QStringLiteral("not a regular file"))) << pipe.err.toStdString();
}

TEST_F(LaunchedDashboard, ResultsStandSideBySideAndOneAloneIsRefused) {
  const QString run = folder_.filePath(QStringLiteral("run.json")), picture = folder_.filePath(QStringLiteral("pair.png"));
  const QString scenario = QStringLiteral("scenarios/article/3-second-try.json");
  ASSERT_EQ(launched({scenario, QStringLiteral("--run"), QStringLiteral("--exit"), QStringLiteral("--until"), QStringLiteral("2s"), QStringLiteral("--result"), run}).code, 0);
  const Said pair = launched({run, run, QStringLiteral("--exit"), QStringLiteral("--grab"), picture});
  EXPECT_EQ(pair.code, 0) << pair.err.toStdString();
  EXPECT_FALSE(QImage(picture).isNull());
  const Said alone = launched({run, QStringLiteral("--exit"), QStringLiteral("--grab"), picture});
  EXPECT_EQ(alone.code, 2);
  EXPECT_TRUE(alone.err.contains(QStringLiteral("is a result; name two"))) << alone.err.toStdString();
  const QString cut = fileOf(QStringLiteral("cut.json"), bytesOf(run).left(1000));
  const Said broken = launched({run, cut, QStringLiteral("--exit")});
  EXPECT_EQ(broken.code, 2);
  EXPECT_TRUE(broken.err.contains(QStringLiteral("cut.json: is no JSON, or was cut off"))) << broken.err.toStdString();
}

TEST_F(LaunchedDashboard, APictureOfTheStartPageNeedsNoScenario) {
  const QString picture = folder_.filePath(QStringLiteral("start.png"));
  const Said said = launched({QStringLiteral("--exit"), QStringLiteral("--grab"), picture, QStringLiteral("--size"), QStringLiteral("1280x800")});
  EXPECT_EQ(said.code, 0) << said.err.toStdString();
  EXPECT_EQ(QImage(picture).size(), QSize(1280, 800));
}

TEST(LaunchOptions, AWrongCallSaysWhatIsWrong) {
  const auto error = [](const QStringList& words) { return parseLaunch(words).error.toStdString(); };
  EXPECT_EQ(error({"--nonsense"}), "unknown option --nonsense; --help lists them");
  EXPECT_EQ(error({"--size"}), "--size needs a value; --help lists the options");
  EXPECT_EQ(error({"--size", "100000x100000"}), "--size must be from 100x100 to 16384x16384 (got 100000x100000)");
  EXPECT_EQ(error({"--size", "wide"}), "--size must be WIDTHxHEIGHT, such as 1280x800 (got wide)");
  EXPECT_EQ(error({"--exit"}), "--exit needs a scenario, or --grab for a picture of the start page");
  EXPECT_EQ(error({"--exit", "--grab", "start.png"}), "");
  EXPECT_EQ(error({"a.json", "--panel", "time"}), "");
  EXPECT_EQ(error({"a.json", "--panel", "cellar"}), "--panel must be shop, changes, trip, decisions, problems, time, replications (got cellar)");
  EXPECT_EQ(error({"--panel", "time"}), "--panel is for one scenario without --with");
  EXPECT_EQ(error({"a.json", "--replications", "10", "--panel", "replications"}), "");
  EXPECT_EQ(error({"a.json", "--panel", "replications"}), "--panel replications needs --replications N");
  EXPECT_EQ(error({"a.json", "--replications", "1"}), "--replications must be a number of runs from 2 to 1000 (got 1)");
  EXPECT_EQ(error({"a.json", "--replications", "-3"}), "--replications must be a number of runs from 2 to 1000 (got -3)");
  EXPECT_EQ(error({"a.json", "b.json", "--replications", "3"}), "--replications is for one scenario without --with");
  EXPECT_EQ(error({"--replications", "3"}), "--replications is for one scenario without --with");
  EXPECT_EQ(error({"a.json", "--result", "b.png", "--grab", "b.png"}), "--result and --grab name the same file b.png");
}

}  // namespace
}  // namespace meshmall::gui
