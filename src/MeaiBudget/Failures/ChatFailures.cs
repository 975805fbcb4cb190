using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Remembers, beside an exception, how it was classified: the exception itself travels on unwrapped.</summary>
internal static class ChatFailures
{
    private static readonly ConditionalWeakTable<Exception, ChatFailure> Classified = [];

    public static void Attach(Exception exception, ChatFailure failure) => Classified.AddOrUpdate(exception, failure);

    public static ChatFailure? Of(Exception exception) => Classified.TryGetValue(exception, out ChatFailure? failure) ? failure : null;
}
