// Decides which function carries out which operation; the table that names them is routes.cc.
#pragma once

#include "cloud/http_api/api.h"

namespace fieldwork::http_api {

// jobs_handlers.cc
domain::Result<Json> CreateJob(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DescribeJob(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> GetJobDocument(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> UpdateJob(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> AssociateTargetsWithJob(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> CancelJob(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DeleteJob(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListJobs(Api& api, const ApiRequest& request, domain::Time now);

// execution_handlers.cc: the control plane's view of executions
domain::Result<Json> DescribeJobExecution(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> CancelJobExecution(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DeleteJobExecution(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListJobExecutionsForJob(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListJobExecutionsForThing(Api& api, const ApiRequest& request,
                                               domain::Time now);

// data_handlers.cc: the plane iot-jobs-data
domain::Result<Json> DataGetPendingJobExecutions(Api& api, const ApiRequest& request,
                                                 domain::Time now);
domain::Result<Json> DataStartNextPendingJobExecution(Api& api, const ApiRequest& request,
                                                      domain::Time now);
domain::Result<Json> DataDescribeJobExecution(Api& api, const ApiRequest& request,
                                              domain::Time now);
domain::Result<Json> DataUpdateJobExecution(Api& api, const ApiRequest& request, domain::Time now);

// thing_handlers.cc
domain::Result<Json> CreateThing(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DescribeThing(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> UpdateThing(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DeleteThing(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListThings(Api& api, const ApiRequest& request, domain::Time now);

// group_handlers.cc
domain::Result<Json> CreateThingGroup(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DescribeThingGroup(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> UpdateThingGroup(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DeleteThingGroup(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListThingGroups(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> AddThingToThingGroup(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> RemoveThingFromThingGroup(Api& api, const ApiRequest& request,
                                               domain::Time now);
domain::Result<Json> UpdateThingGroupsForThing(Api& api, const ApiRequest& request,
                                               domain::Time now);
domain::Result<Json> ListThingsInThingGroup(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListThingGroupsForThing(Api& api, const ApiRequest& request, domain::Time now);

// certificate_handlers.cc
domain::Result<Json> CreateKeysAndCertificate(Api& api, const ApiRequest& request,
                                              domain::Time now);
domain::Result<Json> CreateCertificateFromCsr(Api& api, const ApiRequest& request,
                                              domain::Time now);
domain::Result<Json> RegisterCertificate(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> RegisterCertificateWithoutCA(Api& api, const ApiRequest& request,
                                                  domain::Time now);
domain::Result<Json> DescribeCertificate(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> UpdateCertificate(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DeleteCertificate(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListCertificates(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> AttachThingPrincipal(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DetachThingPrincipal(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListThingPrincipals(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListPrincipalThings(Api& api, const ApiRequest& request, domain::Time now);

// policy_handlers.cc
domain::Result<Json> CreatePolicy(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> GetPolicy(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DeletePolicy(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListPolicies(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> CreatePolicyVersion(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListPolicyVersions(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> GetPolicyVersion(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> SetDefaultPolicyVersion(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DeletePolicyVersion(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> AttachPolicy(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DetachPolicy(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListAttachedPolicies(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListTargetsForPolicy(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> AttachPrincipalPolicy(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DetachPrincipalPolicy(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListPrincipalPolicies(Api& api, const ApiRequest& request, domain::Time now);

// account_handlers.cc: what belongs to no single resource
domain::Result<Json> DescribeEndpoint(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> TagResource(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> UntagResource(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> ListTagsForResource(Api& api, const ApiRequest& request, domain::Time now);
domain::Result<Json> DescribeEventConfigurations(Api& api, const ApiRequest& request,
                                                 domain::Time now);
domain::Result<Json> UpdateEventConfigurations(Api& api, const ApiRequest& request,
                                               domain::Time now);

}  // namespace fieldwork::http_api
