using System.Net;
using OllamaSharp.Models.Exceptions;

namespace MeaiBudget;

/// <summary>Classifies the exceptions of OllamaSharp.</summary>
internal sealed class OllamaFailureClassifier : IChatFailureClassifier
{
    public static OllamaFailureClassifier Instance { get; } = new();

    public ChatFailure? Classify(Exception exception) => exception switch
    {
        // OllamaSharp throws this for status 400, with the server's text as its message.
        ModelDoesNotSupportToolsException => HttpChatFailures.Classify((int)HttpStatusCode.BadRequest, exception.Message) with { CanAnotherProviderHelp = true },
        OllamaException => HttpChatFailures.Classify((int)HttpStatusCode.BadRequest, exception.Message),

        // The model ran with a truncated request. Another model with a larger window may work.
        OllamaInputTruncatedException => new ChatFailure(ChatFailureKind.ContextLengthExceeded, ChatFailurePhase.Ambiguous),
        _ => null,
    };
}
