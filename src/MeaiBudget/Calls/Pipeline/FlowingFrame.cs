using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>A frame on its way through layers that do not belong to this library, which cannot receive it as an argument.</summary>
/// <remarks>It is stored in an <see cref="AsyncLocal{T}"/>. Only async methods set it, so that it cannot leak into the caller's flow.</remarks>
/// <param name="Frame">The frame.</param>
/// <param name="NextLayer">The MeaiBudget layer that the frame is sent to.</param>
/// <param name="FunctionContext">The function that was being invoked when the frame was sent; null for none.</param>
internal sealed record FlowingFrame(CallFrame Frame, CallLayerChatClient NextLayer, FunctionInvocationContext? FunctionContext)
{
    // A FlowingFrame on the way to a MeaiBudget layer. Below the innermost one no layer can join a frame, so only the CallRecord is stored.
    private static readonly AsyncLocal<object?> Ambient = new();

    /// <summary>The innermost call in the caller's flow; null for none.</summary>
    public static CallRecord? CurrentRecord => Ambient.Value switch
    {
        FlowingFrame flowing => flowing.Frame.Record,
        CallRecord record => record,
        _ => null,
    };

    /// <summary>Returns the frame that was sent to <paramref name="layer"/>; null if the flow has none or its frame was sent to another layer.</summary>
    public static CallFrame? ReceivedBy(CallLayerChatClient layer) =>
        Ambient.Value is FlowingFrame flowing
        && ReferenceEquals(flowing.NextLayer, layer)
        && ReferenceEquals(flowing.FunctionContext, FunctionInvokingChatClient.CurrentContext)
        && !flowing.Frame.Record.HasEnded
            ? flowing.Frame
            : null;

    /// <summary>Sets this frame for the calls that the calling method makes next. Call it only from async methods.</summary>
    public void Flow() => Ambient.Value = this;

    /// <summary>Sets a call as the parent of the calls that the provider's client makes. They do not join it. Call it only from async methods.</summary>
    public static void Flow(CallRecord record) => Ambient.Value = record;
}
