<?php
// php -S 127.0.0.1:0 server.php, with WSDL and RECORD in the environment: answers every operation by SoapServer and
// keeps what it was asked, one JSON text a line.
class Centra
{
    public function __call(string $operation, array $arguments)
    {
        $asked = json_encode([$operation, $arguments[0]], JSON_UNESCAPED_UNICODE);
        file_put_contents(getenv('RECORD'), $asked . "\n", FILE_APPEND);
        if (($arguments[0]->login->password ?? '') !== 'right') {
            return ['success' => false, 'errors' => ['message' => ['Login failed: wrong username or password']]];
        }
        if (str_starts_with($operation, 'events_Get')) {
            $event = ['id' => '7', 'type' => 'order', 'entry' => '12', 'mission' => 'update', 'date' => '2019-03-27 12:52:20'];
            return ['events' => ['event' => [$event]]];
        }
        return ['success' => true, 'notices' => ['message' => ["$operation was heard"]]];
    }
}
$server = new SoapServer(getenv('WSDL'), ['cache_wsdl' => WSDL_CACHE_NONE, 'features' => SOAP_SINGLE_ELEMENT_ARRAYS]);
$server->setObject(new Centra());
$server->handle();
