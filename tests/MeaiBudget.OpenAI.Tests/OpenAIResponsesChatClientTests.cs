using System.ClientModel;
using System.ClientModel.Primitives;
using Microsoft.Extensions.AI;
using OpenAI.Responses;

namespace MeaiBudget.Tests;

/// <summary>The same through the Responses API.</summary>
public class OpenAIResponsesChatClientTests : OpenAIChatClientTests
{
    protected override bool UseResponsesApi => true;

    private protected override IChatClient CreateOwn(HttpClient http) => new ResponsesClient(new ApiKeyCredential("sk-test"), new ResponsesClientOptions
    {
        Endpoint = Simulator.OpenAIBaseUrl,
        Transport = new HttpClientPipelineTransport(http),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
    }).AsIChatClient(ModelId).WithOpenAIProvider();
}
