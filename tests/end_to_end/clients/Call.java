import java.io.File;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.PhotoApi;

public class Call {
  public static void main(String[] arguments) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(arguments[0]);
    PhotoApi photos = new PhotoApi(client);
    File photo = new File(arguments[1]);
    System.out.println(photos.judgePortrait(photo, false, null).getVerdict() + " " + photos.findPortrait(photo, null).getRotation());
  }
}
