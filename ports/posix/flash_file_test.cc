// The rules of NOR flash on a real file, and which files are refused.
#include "ports/posix/flash_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "ports/posix/testing/pki.h"

namespace fieldwork::posix {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReadFile;
using testing::TempFolder;
using testing::WriteFile;

constexpr FlashFile::Geometry kGeometry{1024, 4};

struct FlashFileTest : ::testing::Test {
  std::unique_ptr<FlashFile> Open() { return FlashFile::Open(path, kGeometry, error); }

  std::vector<std::uint8_t> Read(FlashFile& flash, std::uint32_t offset, std::size_t size) {
    std::vector<std::uint8_t> out(size);
    EXPECT_EQ(flash.Read(offset, out), Status::kOk);
    return out;
  }

  TempFolder folder;
  std::string path = folder.File("flash.bin");
  std::string error;
};

TEST_F(FlashFileTest, Fresh_IsAllErasedAndPrivate) {
  const auto flash = Open();
  ASSERT_NE(flash, nullptr) << error;
  EXPECT_EQ(flash->sector_bytes(), 1024u);
  EXPECT_EQ(flash->sector_count(), 4u);
  EXPECT_THAT(Read(*flash, 0, 4096), Each(0xFF));
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(info.st_size, 4096);
}

TEST_F(FlashFileTest, Programmed_IsThereAfterReopening) {
  {
    const auto flash = Open();
    ASSERT_NE(flash, nullptr) << error;
    ASSERT_EQ(flash->Program(1030, AsBytes("journal")), Status::kOk);
  }
  const auto flash = Open();
  ASSERT_NE(flash, nullptr) << error;
  EXPECT_EQ(AsText(Read(*flash, 1030, 7)), "journal");
  EXPECT_THAT(Read(*flash, 1029, 1), Each(0xFF));
}

TEST_F(FlashFileTest, ProgramThatClearsMoreBits_IsAllowed) {
  const auto flash = Open();
  ASSERT_EQ(flash->Program(0, std::array<std::uint8_t, 2>{0xF0, 0xFF}), Status::kOk);
  ASSERT_EQ(flash->Program(0, std::array<std::uint8_t, 2>{0x30, 0x0F}), Status::kOk);
  EXPECT_THAT(Read(*flash, 0, 2), ElementsAre(0x30, 0x0F));
}

TEST_F(FlashFileTest, ProgramThatSetsABit_IsRefusedAndWritesNothing) {
  const auto flash = Open();
  std::vector<std::uint8_t> data(700, 0x00);
  ASSERT_EQ(flash->Program(650, std::array<std::uint8_t, 1>{0x0F}), Status::kOk);
  data[650] = 0x1F;  // Past the first block that is compared.
  EXPECT_EQ(flash->Program(0, data), Status::kBadArgument);
  EXPECT_THAT(Read(*flash, 0, 650), Each(0xFF));
  EXPECT_THAT(Read(*flash, 650, 1), ElementsAre(0x0F));
}

TEST_F(FlashFileTest, Erase_SetsOneSectorOnly) {
  const auto flash = Open();
  ASSERT_EQ(flash->Program(0, std::vector<std::uint8_t>(4096, 0x00)), Status::kOk);
  ASSERT_EQ(flash->Erase(2), Status::kOk);
  EXPECT_THAT(Read(*flash, 0, 2048), Each(0x00));
  EXPECT_THAT(Read(*flash, 2048, 1024), Each(0xFF));
  EXPECT_THAT(Read(*flash, 3072, 1024), Each(0x00));
}

TEST_F(FlashFileTest, OutsideTheRegion_IsBadArgument) {
  const auto flash = Open();
  std::array<std::uint8_t, 2> two{};
  EXPECT_EQ(flash->Read(4095, two), Status::kBadArgument);
  EXPECT_EQ(flash->Read(0xFFFFFFFF, two), Status::kBadArgument);
  EXPECT_EQ(flash->Program(4095, two), Status::kBadArgument);
  EXPECT_EQ(flash->Erase(4), Status::kBadArgument);
  EXPECT_EQ(flash->Read(4094, two), Status::kOk);
}

TEST_F(FlashFileTest, Regions_AreApartAndKeepTheFile) {
  auto whole = Open();
  const auto board = whole->Region(0, 1);
  const auto agent = whole->Region(1, 3);
  whole.reset();
  ASSERT_NE(board, nullptr);
  ASSERT_NE(agent, nullptr);
  EXPECT_EQ(agent->sector_count(), 3u);
  ASSERT_EQ(board->Program(0, AsBytes("nvs")), Status::kOk);
  ASSERT_EQ(agent->Program(0, AsBytes("job")), Status::kOk);
  ASSERT_EQ(agent->Erase(2), Status::kOk);
  EXPECT_EQ(agent->Erase(3), Status::kBadArgument);
  const std::string image = ReadFile(path);
  EXPECT_EQ(image.substr(0, 3), "nvs");
  EXPECT_EQ(image.substr(1024, 3), "job");
  std::array<std::uint8_t, 1> one{};
  EXPECT_EQ(board->Read(1024, one), Status::kBadArgument);
}

TEST_F(FlashFileTest, RegionOutside_IsNull) {
  const auto whole = Open();
  EXPECT_EQ(whole->Region(0, 5), nullptr);
  EXPECT_EQ(whole->Region(4, 1), nullptr);
  EXPECT_EQ(whole->Region(0, 0), nullptr);
  EXPECT_EQ(whole->Region(2, 0xFFFFFFFF), nullptr);
  EXPECT_EQ(whole->Region(1, 3)->Region(1, 3), nullptr);
}

TEST_F(FlashFileTest, SecondUser_IsRefusedUntilTheFirstIsGone) {
  auto first = Open();
  auto region = first->Region(0, 1);
  EXPECT_EQ(Open(), nullptr);
  EXPECT_THAT(error, HasSubstr(path + ": in use by another process"));
  first.reset();
  EXPECT_EQ(Open(), nullptr);
  region.reset();
  EXPECT_NE(Open(), nullptr);
}

TEST_F(FlashFileTest, FileOfAnotherSize_IsRefusedUntouched) {
  WriteFile(path, "something else");
  EXPECT_EQ(Open(), nullptr);
  EXPECT_THAT(error, HasSubstr("has 14 bytes, this board's flash has 4096"));
  EXPECT_EQ(ReadFile(path), "something else");
}

TEST_F(FlashFileTest, WhatIsNoRegularFile_IsRefused) {
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(Open(), nullptr);
  EXPECT_THAT(error, HasSubstr("not a regular file"));
  unlink(path.c_str());
  ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
  EXPECT_EQ(Open(), nullptr);
  rmdir(path.c_str());
  WriteFile(folder.File("real"), std::string(4096, '\xFF'));
  ASSERT_EQ(symlink(folder.File("real").c_str(), path.c_str()), 0);
  EXPECT_EQ(Open(), nullptr);
  EXPECT_THAT(error, HasSubstr("symbolic link"));
}

TEST_F(FlashFileTest, FolderThatIsNotThere_IsNamed) {
  path = folder.File("none/flash.bin");
  EXPECT_EQ(Open(), nullptr);
  EXPECT_THAT(error, HasSubstr(path + ": cannot be created: No such file or directory"));
}

TEST_F(FlashFileTest, EmptyGeometry_IsRefused) {
  EXPECT_EQ(FlashFile::Open(path, {4096, 0}, error), nullptr);
  EXPECT_EQ(FlashFile::Open(path, {0xFFFFFFFF, 2}, error), nullptr);
}

TEST_F(FlashFileTest, Creation_LeavesNoOtherFile) {
  const auto flash = Open();
  const std::string kept = folder.File("only");
  ASSERT_EQ(rename(path.c_str(), kept.c_str()), 0);
  unlink(kept.c_str());
  EXPECT_EQ(rmdir(folder.path().c_str()), 0) << "the folder is not empty";
}

}  // namespace
}  // namespace fieldwork::posix
