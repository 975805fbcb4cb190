using System.ClientModel;
using System.ClientModel.Primitives;

namespace MeaiBudget;

/// <summary>Classifies the exceptions of OpenAI's SDK, also for LiteLLM, which is called through it.</summary>
internal sealed class OpenAIFailureClassifier : IChatFailureClassifier
{
    public static OpenAIFailureClassifier Instance { get; } = new();

    public ChatFailure? Classify(Exception exception)
    {
        // Status 0 means that no response arrived. The inner exception has the reason.
        if (exception is not ClientResultException { Status: not 0 } error)
        {
            return null;
        }

        PipelineResponse? response = error.GetRawResponse();
        return HttpChatFailures.Classify(
            error.Status,
            BodyOf(error),
            response is null ? null : name => response.Headers.TryGetValue(name, out string? value) ? value : null);
    }

    private static string? BodyOf(ClientResultException error)
    {
        try
        {
            return error.GetRawResponse()?.Content.ToString();
        }
        catch (InvalidOperationException)
        {
            // The body was not read. The SDK's message contains the error's code and text.
            return error.Message;
        }
    }
}
