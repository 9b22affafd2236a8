// Decides that the table of operations is whole and that no two of its rows can mean one request.
#include "cloud/http_api/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "cloud/http_api/handlers.h"
#include "cloud/http_api/url.h"

namespace fieldwork::http_api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string OperationOf(Plane plane, std::string_view method, std::string_view path) {
  const Match match = FindRoute(plane, method, path);
  return match.route == nullptr ? "" : std::string(match.route->operation);
}

// A path that fits the row, each label another text than any literal.
std::string ExamplePath(const Route& route) {
  std::string path;
  for (const std::string_view part : SplitPath(route.path)) {
    path.append("/").append(part.starts_with('{') ? "some-label" : part);
  }
  return path;
}

TEST(Routes, BothApis_AreWhole) {
  std::map<Plane, std::set<std::string_view>> names;
  for (const Route& route : Routes()) {
    EXPECT_TRUE(names[route.plane].insert(route.operation).second) << route.operation;
  }
  EXPECT_EQ(names[Plane::kControl].size(), 272U);
  EXPECT_THAT(
      names[Plane::kJobsData],
      ElementsAre("DescribeJobExecution", "GetPendingJobExecutions", "StartCommandExecution",
                  "StartNextPendingJobExecution", "UpdateJobExecution"));
}

TEST(Routes, EveryRow_IsFoundByItsOwnPath) {
  for (const Route& route : Routes()) {
    const Match match = FindRoute(route.plane, route.method, ExamplePath(route));
    ASSERT_NE(match.route, nullptr) << route.operation;
    EXPECT_EQ(match.route->operation, route.operation);
    const auto labels = std::count(route.path.begin(), route.path.end(), '{');
    EXPECT_EQ(match.labels.size(), static_cast<std::size_t>(labels)) << route.operation;
  }
}

TEST(Routes, NoTwoRows_HaveTheSameShape) {
  std::set<std::string> shapes;
  for (const Route& route : Routes()) {
    std::string shape = std::to_string(static_cast<int>(route.plane));
    shape.append(route.method).append(ExamplePath(route));
    EXPECT_TRUE(shapes.insert(shape).second) << route.operation;
  }
}

TEST(Routes, GreedyLabels_StandLastOnly) {
  for (const Route& route : Routes()) {
    const std::size_t at = route.path.find("+}");
    if (at != std::string_view::npos) {
      EXPECT_EQ(at + 2, route.path.size()) << route.operation;
    }
  }
}

TEST(Routes, DataPlane_HasFunctionsForAllOfJobs) {
  const auto supported = std::count_if(Routes().begin(), Routes().end(), [](const Route& route) {
    return route.plane == Plane::kJobsData && route.handler != nullptr;
  });
  EXPECT_EQ(supported, 4);
}

TEST(FindRoute, LiteralBesideALabel_GoesFirst) {
  const std::string_view path = "/thing-groups/addThingToThingGroup";
  EXPECT_EQ(OperationOf(Plane::kControl, "PUT", path), "AddThingToThingGroup");
  EXPECT_EQ(OperationOf(Plane::kControl, "GET", path), "DescribeThingGroup");
  EXPECT_EQ(OperationOf(Plane::kJobsData, "PUT", "/things/t/jobs/$next"),
            "StartNextPendingJobExecution");
  EXPECT_EQ(OperationOf(Plane::kJobsData, "PUT", "/things/t/jobs/%24next"),
            "StartNextPendingJobExecution");
  EXPECT_EQ(OperationOf(Plane::kJobsData, "GET", "/things/t/jobs/$next"), "DescribeJobExecution");
}

TEST(FindRoute, SamePathInBothPlanes_IsToldByThePlane) {
  EXPECT_EQ(OperationOf(Plane::kControl, "GET", "/things/t/jobs"), "ListJobExecutionsForThing");
  EXPECT_EQ(OperationOf(Plane::kJobsData, "GET", "/things/t/jobs"), "GetPendingJobExecutions");
  EXPECT_EQ(FindRoute(Plane::kControl, "GET", "/things/t/jobs/j").route->handler,
            &DescribeJobExecution);
  EXPECT_EQ(FindRoute(Plane::kJobsData, "GET", "/things/t/jobs/j").route->handler,
            &DataDescribeJobExecution);
}

TEST(FindRoute, Labels_AreDecodedAfterTheSplit) {
  const Match match =
      FindRoute(Plane::kControl, "POST", "/attached-policies/arn%3Aaws%3Aiot%3Ar%3Aa%3Acert%2Fab");
  ASSERT_NE(match.route, nullptr);
  EXPECT_THAT(match.labels, ElementsAre("arn:aws:iot:r:a:cert/ab"));
  EXPECT_THAT(FindRoute(Plane::kControl, "GET", "/things/a%2Fb/jobs/c%3Ad").labels,
              ElementsAre("a/b", "c:d"));
}

TEST(FindRoute, GreedyLabel_TakesTheRest) {
  const Match match = FindRoute(Plane::kControl, "GET", "/destinations/arn:x/http/1");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->operation, "GetTopicRuleDestination");
  EXPECT_THAT(match.labels, ElementsAre("arn:x/http/1"));
}

TEST(FindRoute, WhatIsNoOperation_IsNotFound) {
  EXPECT_EQ(OperationOf(Plane::kControl, "GET", "/nothing"), "");
  EXPECT_EQ(OperationOf(Plane::kControl, "get", "/things"), "");
  EXPECT_EQ(OperationOf(Plane::kControl, "GET", "/things/"), "") << "an empty label";
  EXPECT_EQ(OperationOf(Plane::kControl, "GET", "/jobs//things"), "");
  EXPECT_EQ(OperationOf(Plane::kControl, "GET", "/things/%zz"), "");
  EXPECT_EQ(OperationOf(Plane::kControl, "GET", "/"), "");
  EXPECT_THAT(FindRoute(Plane::kControl, "GET", "/nothing").labels, IsEmpty());
}

}  // namespace
}  // namespace fieldwork::http_api
