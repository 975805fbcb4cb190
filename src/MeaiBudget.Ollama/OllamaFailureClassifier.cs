using System.Net;
using OllamaSharp.Models.Exceptions;

namespace MeaiBudget;

/// <summary>Recognises the exceptions of OllamaSharp.</summary>
internal sealed class OllamaFailureClassifier : IChatFailureClassifier
{
    public static OllamaFailureClassifier Instance { get; } = new();

    public ChatFailure? Classify(Exception exception) => exception switch
    {
        // OllamaSharp raises this for status 400, with the server's text as its message.
        ModelDoesNotSupportToolsException => HttpChatFailures.Classify((int)HttpStatusCode.BadRequest, exception.Message) with { CanAnotherProviderHelp = true },
        OllamaException => HttpChatFailures.Classify((int)HttpStatusCode.BadRequest, exception.Message),

        // The model ran, on what was left of the request; one with a larger window may do better.
        OllamaInputTruncatedException => new ChatFailure(ChatFailureKind.ContextLengthExceeded, ChatFailurePhase.Ambiguous),
        _ => null,
    };
}
