using Anthropic.Exceptions;

namespace MeaiBudget;

/// <summary>Classifies the exceptions of Anthropic's SDK.</summary>
internal sealed class AnthropicFailureClassifier : IChatFailureClassifier
{
    public static AnthropicFailureClassifier Instance { get; } = new();

    public ChatFailure? Classify(Exception exception) => exception switch
    {
        AnthropicApiException api => HttpChatFailures.Classify((int)api.StatusCode, api.ResponseBody) is var failure
            ? failure with { RequestId = failure.RequestId ?? api.RequestID }
            : null,
        AnthropicSseException stream => HttpChatFailures.Classify(200, BodyOf(stream)),

        // The provider answered, and billed, but the answer cannot be read.
        AnthropicInvalidDataException => new ChatFailure(ChatFailureKind.ServerError, ChatFailurePhase.Ambiguous),
        _ => null,
    };

    private static string BodyOf(AnthropicSseException exception) =>
        exception.Body.ValueKind == System.Text.Json.JsonValueKind.Undefined ? exception.Message : exception.Body.GetRawText();
}
