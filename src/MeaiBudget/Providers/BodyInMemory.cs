namespace MeaiBudget;

/// <summary>Finds short answers whose bodies are in memory as a whole, as caches, handlers that buffer and test servers make them.</summary>
/// <remarks>Such a body is read in the buffer of its content, which the SDK then reads, too: without another content and another set of headers.</remarks>
internal static class BodyInMemory
{
    /// <summary>Returns whether the body of an answer in JSON is short and in memory.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="mediaType">Its media type; <see langword="null"/> if its status is no success.</param>
    /// <returns>True if buffering the content waits for nothing.</returns>
    public static bool IsIn(HttpResponseMessage response, string? mediaType)
    {
        HttpContent content = response.Content;

        // A length that no header states can only be computed of what is in memory, or in a file.
        return WireFramings.Of(mediaType) == WireFraming.Json
            && (content.GetType() == typeof(StreamContent) || content.GetType() == typeof(ByteArrayContent) || content.GetType() == typeof(StringContent))
            && !content.Headers.NonValidated.Contains("Content-Length")
            && content.Headers.ContentLength <= ShortAnswer.Longest;
    }

    /// <summary>Opens the buffer of a content.</summary>
    /// <param name="content">The content, which is buffered.</param>
    /// <param name="length">The length of the buffer, in bytes.</param>
    /// <returns>The buffer from its beginning, which the SDK gets from the content, too; null if a handler opened the content before it was buffered.</returns>
    public static MemoryStream? Open(HttpContent content, long length) =>
        content.ReadAsStream() is MemoryStream { Position: 0 } body && body.GetType() == typeof(MemoryStream) && body.Length == length ? body : null;
}
