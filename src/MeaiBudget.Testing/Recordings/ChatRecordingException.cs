namespace MeaiBudget.Testing;

/// <summary>Thrown by a <see cref="ChatRecording"/> if a request differs from the recorded one, or if a recording cannot be read or written.</summary>
/// <param name="message">The message. It says where the request differs.</param>
/// <param name="innerException">The cause; <see langword="null"/> for none.</param>
public sealed class ChatRecordingException(string message, Exception? innerException = null) : Exception(message, innerException);
