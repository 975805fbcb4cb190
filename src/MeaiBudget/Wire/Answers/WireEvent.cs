namespace MeaiBudget;

/// <summary>What an event's type says about the stream.</summary>
internal enum WireEvent
{
    /// <summary>Nothing that matters.</summary>
    Other,

    /// <summary>The answer ended.</summary>
    Terminal,

    /// <summary>The answer failed.</summary>
    Failed,

    /// <summary>An error report.</summary>
    Error,

    /// <summary>A piece of audio or of an image: its encoded bytes are no text.</summary>
    Media,

    /// <summary>An item of output began.</summary>
    ItemBegan,

    /// <summary>An item of output ended, or a content block that comes whole.</summary>
    ItemEnded,
}

/// <summary>The types of events, by name.</summary>
internal static class WireEvents
{
    /// <summary>Reads the type of an event.</summary>
    /// <param name="type">The type's name.</param>
    /// <returns>What it says.</returns>
    public static WireEvent Of(ReadOnlySpan<byte> type) => type switch
    {
        _ when type.SequenceEqual("response.completed"u8) || type.SequenceEqual("response.incomplete"u8) || type.SequenceEqual("response.cancelled"u8)
            || type.SequenceEqual("response.done"u8) || type.SequenceEqual("message_stop"u8) => WireEvent.Terminal,
        _ when type.SequenceEqual("response.failed"u8) => WireEvent.Failed,
        _ when type.SequenceEqual("error"u8) => WireEvent.Error,
        _ when type.SequenceEqual("response.output_item.added"u8) => WireEvent.ItemBegan,
        _ when type.SequenceEqual("response.output_item.done"u8) || type.SequenceEqual("content_block_start"u8) => WireEvent.ItemEnded,
        _ when type.StartsWith("response.audio."u8) || type.StartsWith("response.output_audio."u8) => WireEvent.Media,
        _ => WireEvent.Other,
    };
}
