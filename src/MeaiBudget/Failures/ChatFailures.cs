using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Stores the classification of an exception, so that the exception can be rethrown without wrapping it.</summary>
internal static class ChatFailures
{
    private static readonly ConditionalWeakTable<Exception, ChatFailure> Classified = [];

    public static void Attach(Exception exception, ChatFailure failure) => Classified.AddOrUpdate(exception, failure);

    public static ChatFailure? Of(Exception exception) => Classified.TryGetValue(exception, out ChatFailure? failure) ? failure : null;
}
