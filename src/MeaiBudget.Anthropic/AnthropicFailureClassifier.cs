using Anthropic.Exceptions;

namespace MeaiBudget;

/// <summary>Recognises the exceptions of Anthropic's SDK.</summary>
internal sealed class AnthropicFailureClassifier : IChatFailureClassifier
{
    public static AnthropicFailureClassifier Instance { get; } = new();

    public ChatFailure? Classify(Exception exception) => exception switch
    {
        AnthropicApiException api => HttpChatFailures.Classify((int)api.StatusCode, api.ResponseBody) is var failure
            ? failure with { RequestId = failure.RequestId ?? api.RequestID }
            : null,
        AnthropicSseException stream => HttpChatFailures.Classify(200, BodyOf(stream)),

        // An answer that cannot be read was given, and billed.
        AnthropicInvalidDataException => new ChatFailure(ChatFailureKind.ServerError, ChatFailurePhase.Ambiguous),
        _ => null,
    };

    private static string BodyOf(AnthropicSseException exception) =>
        exception.Body.ValueKind == System.Text.Json.JsonValueKind.Undefined ? exception.Message : exception.Body.GetRawText();
}
